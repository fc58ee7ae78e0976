import type { Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Toggle } from "#web/ui/button.tsx";
import { Icon, type IconName } from "#web/ui/icon.tsx";
import styles from "./filter-bar.module.css";
import type { ItemFilters } from "./item-filters.ts";

const maxCategories = 10;
const maxTags = 8;

interface FilterBarProps {
	facets: Schemas["Facets"] | undefined;
	filters: ItemFilters;
	onChange(part: Partial<ItemFilters>): void;
}

/** The filters with how many items each has: favourites, what failed, categories and tags. */
export function FilterBar({ facets, filters, onChange }: FilterBarProps) {
	const { t } = useLanguage();
	const failed = facets?.statuses.find(({ value }) => value === "failed")?.count ?? 0;
	const categories = shown(facets?.categories, filters.category, maxCategories);
	const tags = shown(facets?.tags, filters.tag, maxTags);
	if (!facets || facets.statuses.length === 0) return null;
	return (
		<fieldset className={styles.bar}>
			<legend className="visually-hidden">{t("filter.label")}</legend>
			<Chip
				icon="star"
				label={t("filter.favorites")}
				isOn={filters.favorite ?? false}
				onChange={(isOn) => onChange({ favorite: isOn || undefined })}
			/>
			{(failed > 0 || filters.status) && (
				<Chip
					icon="alert"
					label={t("status.failed")}
					count={failed}
					isOn={filters.status === "failed"}
					onChange={(isOn) => onChange({ status: isOn ? "failed" : undefined })}
				/>
			)}
			{categories.map(({ value, count }) => (
				<Chip
					key={`category ${value}`}
					label={value}
					count={count}
					isOn={filters.category === value}
					onChange={(isOn) => onChange({ category: isOn ? value : undefined })}
				/>
			))}
			{tags.map(({ value, count }) => (
				<Chip
					key={`tag ${value}`}
					icon="tag"
					label={value}
					count={count}
					isOn={filters.tag === value}
					onChange={(isOn) => onChange({ tag: isOn ? value : undefined })}
				/>
			))}
		</fieldset>
	);
}

type Facet = { value: string; count: number };

/** The most frequent values; the chosen one is always among them. */
function shown(values: Facet[] = [], chosen: string | undefined, max: number): Facet[] {
	const first = values.slice(0, max);
	if (chosen === undefined || first.some(({ value }) => value === chosen)) return first;
	return [{ value: chosen, count: values.find(({ value }) => value === chosen)?.count ?? 0 }, ...first];
}

interface ChipProps {
	icon?: IconName;
	label: string;
	count?: number;
	isOn: boolean;
	onChange(isOn: boolean): void;
}

function Chip({ icon, label, count, isOn, onChange }: ChipProps) {
	return (
		<Toggle className={styles.chip} isOn={isOn} onChange={onChange}>
			{icon && <Icon name={icon} size={15} filled={icon === "star" && isOn} />}
			<span className={styles.label}>{label}</span>
			{count !== undefined && <span className={styles.count}>{count}</span>}
		</Toggle>
	);
}
