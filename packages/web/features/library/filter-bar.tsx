import { useNavigate } from "@tanstack/react-router";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Icon } from "#web/ui/icon.tsx";
import styles from "./filter-bar.module.css";

interface FilterBarProps {
	total: number;
	category: string | undefined;
	status: string | undefined;
}

/** How many items are shown, and the filters that chose them, each of which can be taken away. */
export function FilterBar({ total, category, status }: FilterBarProps) {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const without = (name: "category" | "status") =>
		navigate({ to: "/", search: (former) => ({ ...former, [name]: undefined }) });
	return (
		<div className={styles.bar}>
			<p className={styles.total}>{t("library.count", { count: total })}</p>
			{category && <Chip label={category} onRemove={() => without("category")} />}
			{status && <Chip label={t(`status.${status as "ready"}`)} onRemove={() => without("status")} />}
		</div>
	);
}

function Chip({ label, onRemove }: { label: string; onRemove(): void }) {
	const { t } = useLanguage();
	return (
		<button type="button" className={styles.chip} onClick={onRemove} aria-label={t("filter.remove", { name: label })}>
			{label}
			<Icon name="close" size={14} />
		</button>
	);
}
