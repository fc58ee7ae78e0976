import { useLanguage } from "#web/i18n/i18n.tsx";
import { answerPieces } from "./citations.ts";
import styles from "./cited.module.css";

/** An answer as text, with a number for each item it rests on, which opens it. */
export function Cited({ text, onOpen }: { text: string; onOpen(id: string): void }) {
	const { t } = useLanguage();
	return (
		<p className={styles.text}>
			{answerPieces(text).map((piece, at) =>
				"text" in piece ? (
					piece.text
				) : (
					<button
						key={at}
						type="button"
						className={styles.cite}
						aria-label={t("answer.cite", { number: piece.number })}
						onClick={() => onOpen(piece.itemId)}
					>
						{piece.number}
					</button>
				),
			)}
		</p>
	);
}
