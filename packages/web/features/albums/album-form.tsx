import { type FormEvent, useMemo, useState } from "react";
import { useFacets } from "#web/features/library/use-items.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Check } from "#web/ui/check.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { Banner } from "#web/ui/notice.tsx";
import { SelectField } from "#web/ui/select-field.tsx";
import styles from "./album-form.module.css";
import { type AlbumDraft, useChangeAlbums } from "./change-albums.ts";
import type { Album } from "./use-albums.ts";

const maxName = 200;
const maxDescription = 2_000;

interface AlbumFormProps {
	/** The album to change; without one a new one is made. */
	album?: Album;
	onDone(album: Album): void;
	onClose(): void;
}

/** Asks for an album's name and, for a smart one, for what its search finds. */
export function AlbumForm({ album, onDone, onClose }: AlbumFormProps) {
	const { t } = useLanguage();
	const { creating, changing } = useChangeAlbums();
	const [isSmart, setSmart] = useState(Boolean(album?.smart));
	const [problem, setProblem] = useState<string | null>(null);
	const error = creating.error ?? changing.error;

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		const values = new FormData(event.currentTarget);
		const text = (name: string) => String(values.get(name) ?? "").trim();
		const smart = isSmart ? smartOf(text, album?.smart ?? null) : null;
		if (isSmart && !smart) return setProblem(t("album.smart.nothing"));
		setProblem(null);
		const draft: AlbumDraft = { name: text("name"), description: text("description") || null, smart };
		if (!album) return creating.mutate(draft, { onSuccess: onDone });
		const { smart: search, ...words } = draft;
		changing.mutate({ id: album.id, ...words, ...(isSmart && { smart: search }) }, { onSuccess: onDone });
	}

	return (
		<Dialog title={album ? t("album.change") : t("album.new")} isOpen onClose={onClose}>
			<form className={styles.form} onSubmit={submit}>
				{(error || problem) && <Banner tone="danger">{problem ?? error?.message}</Banner>}
				<Field
					label={t("album.name")}
					name="name"
					defaultValue={album?.name ?? ""}
					maxLength={maxName}
					isRequired
					autoFocus
				/>
				<Field
					label={t("album.description")}
					name="description"
					rows={2}
					maxLength={maxDescription}
					defaultValue={album?.description ?? ""}
				/>
				{!album && (
					<Check isSelected={isSmart} onChange={setSmart} hint={t("album.smart.hint")}>
						{t("album.smart.choose")}
					</Check>
				)}
				{isSmart && <SmartFields smart={album?.smart ?? null} />}
				<div className={styles.actions}>
					<Button onPress={onClose}>{t("action.cancel")}</Button>
					<Button type="submit" look="primary" isPending={creating.isPending || changing.isPending}>
						{album ? t("action.save") : t("album.create")}
					</Button>
				</div>
			</form>
		</Dialog>
	);
}

function SmartFields({ smart }: { smart: Album["smart"] }) {
	const { t } = useLanguage();
	const facets = useFacets(useMemo(() => ({}), [])).data;
	const filters = smart?.filters ?? {};
	const tag = [filters.tag ?? []].flat()[0] ?? "";
	const options = (values: { value: string; count: number }[] = [], chosen: string) => {
		const known = values.map(({ value, count }) => [value, `${value} (${count})`] as const);
		const isThere = chosen === "" || values.some(({ value }) => value.toLowerCase() === chosen.toLowerCase());
		return [["", t("album.smart.any")] as const, ...(isThere ? [] : [[chosen, chosen] as const]), ...known];
	};
	return (
		<fieldset className={styles.smart}>
			<legend className={styles.legend}>{t("album.smart.legend")}</legend>
			<Field
				label={t("album.smart.query")}
				name="query"
				placeholder={t("album.smart.example")}
				defaultValue={smart?.query ?? ""}
				maxLength={1_000}
			/>
			{/* The lists come later than the form. */}
			<div className={styles.pair} key={facets ? "known" : "unknown"}>
				<SelectField
					label={t("edit.category")}
					name="category"
					defaultValue={filters.category ?? ""}
					options={options(facets?.categories, filters.category ?? "")}
				/>
				<SelectField label={t("album.smart.tag")} name="tag" defaultValue={tag} options={options(facets?.tags, tag)} />
			</div>
			<Check name="favorite" value="true" defaultSelected={String(filters.favorite) === "true"}>
				{t("album.smart.favorites")}
			</Check>
		</fieldset>
	);
}

/** The search of the form; null where it says nothing. What the form does not show stays. */
function smartOf(text: (name: string) => string, former: Album["smart"]): Album["smart"] {
	const { category: _category, tag: _tag, favorite: _favorite, ...others } = former?.filters ?? {};
	const filters = {
		...others,
		...(text("category") && { category: text("category") }),
		...(text("tag") && { tag: text("tag") }),
		...(text("favorite") && { favorite: true as const }),
	};
	const query = text("query") || null;
	if (!query && Object.keys(filters).length === 0) return null;
	return { query, search_type: former?.search_type ?? "hybrid", filters };
}
