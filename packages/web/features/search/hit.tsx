import { useLanguage } from "#web/i18n/i18n.tsx";
import { Icon } from "#web/ui/icon.tsx";
import styles from "./hit.module.css";
import { MarkedText } from "./marked-text.tsx";
import { matchedWords, type SearchResult } from "./use-search.ts";

/** A result: its picture, the words that matched where they stand, and the reason why it was found. */
export function Hit({ result, onOpen }: { result: SearchResult; onOpen(id: string): void }) {
	const { t } = useLanguage();
	const { item_id: id, headline, summary, category, corrections, metadata } = result;
	const words = matchedWords(result);
	const text = metadata.explanation?.snippet || summary;
	const { thumbnail_url: thumbnail } = result;
	return (
		<li className={styles.hit}>
			<div className={styles.sheet}>
				{thumbnail ? (
					<img className={styles.picture} src={thumbnail} alt="" loading="lazy" decoding="async" />
				) : (
					<span className={styles.missing} />
				)}
			</div>
			<div className={styles.text}>
				<p className={styles.meta}>
					{category}
					{result.match === "weak" && <span className={styles.weak}>{t("search.weakHit")}</span>}
				</p>
				<h3 className={styles.headline}>
					<button type="button" className={styles.open} onClick={() => onOpen(id)}>
						<MarkedText text={headline} words={words} />
					</button>
				</h3>
				<p className={styles.snippet}>
					<MarkedText text={text} words={words} />
				</p>
				<p className={styles.reason}>
					<Icon name={words.length > 0 ? "text" : "spark"} size={14} />
					{reason()}
				</p>
			</div>
		</li>
	);

	function reason(): string {
		const [first] = corrections;
		if (first) return t("search.corrected", { word: first.word, to: first.corrected_to });
		const fields = new Set((metadata.matched ?? []).map(({ field }) => t(`field.${field}`)));
		if (fields.size > 0) return t("search.foundIn", { fields: [...fields].join(", ") });
		return t("search.foundByMeaning");
	}
}
