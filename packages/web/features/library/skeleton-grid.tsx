import { useLanguage } from "#web/i18n/i18n.tsx";
import styles from "./skeleton-grid.module.css";

/** Stands where the grid will, so that nothing jumps. */
export function SkeletonGrid() {
	const { t } = useLanguage();
	return (
		<div className={styles.grid} role="status">
			<span className="visually-hidden">{t("state.loading")}</span>
			{Array.from({ length: 32 }, (_, at) => (
				<span key={at} className={styles.tile} aria-hidden="true" />
			))}
		</div>
	);
}
