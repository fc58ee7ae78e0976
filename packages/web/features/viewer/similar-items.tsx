import type { Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import styles from "./details.module.css";
import { useSimilar } from "./use-item.ts";

export function SimilarItems({ id, onOpen }: { id: string; onOpen(id: string): void }) {
	const { t } = useLanguage();
	const { data } = useSimilar(id);
	if (!data || data.results.length === 0) return null;
	return (
		<section>
			<h3 className={styles.title}>{t("viewer.similar")}</h3>
			<ul className={styles.similar}>
				{data.results.map((item) => (
					<li key={item.item_id}>
						<SimilarItem item={item} onOpen={onOpen} />
					</li>
				))}
			</ul>
		</section>
	);
}

function SimilarItem({ item, onOpen }: { item: Schemas["SimilarItem"]; onOpen(id: string): void }) {
	const { t } = useLanguage();
	const { thumbnail_url: thumbnail } = item;
	return (
		<button
			type="button"
			className={styles.similarItem}
			aria-label={item.headline ?? t("viewer.similarItem")}
			title={item.headline ?? undefined}
			onClick={() => onOpen(item.item_id)}
		>
			{thumbnail && <img src={thumbnail} alt="" loading="lazy" />}
			{item.near_duplicate && <span className={styles.near}>{t("viewer.nearDuplicate")}</span>}
		</button>
	);
}
