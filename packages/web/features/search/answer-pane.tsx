import { markOnly } from "#web/features/viewer/marks.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Icon } from "#web/ui/icon.tsx";
import { sentenceOf } from "#web/ui/notice.tsx";
import styles from "./answer-pane.module.css";
import { Cited } from "./cited.tsx";
import type { SearchState } from "./search-state.ts";
import { useAnswer } from "./use-search.ts";

/** The answer to the query from the items, each sentence with the items it rests on. */
export function AnswerPane({ state, onOpen }: { state: SearchState; onOpen(id: string): void }) {
	const { t } = useLanguage();
	const { data, error, isPending } = useAnswer(state);
	function openCited(id: string) {
		const boxes = (data?.citations ?? []).flatMap(({ item_id, box }) => (item_id === id && box ? [box] : []));
		if (boxes.length > 0) markOnly(id, boxes);
		onOpen(id);
	}
	const isOffline = data?.answer && data.answer_model_used === null;
	return (
		<aside className={styles.pane} aria-label={t("answer.label")} aria-busy={isPending}>
			<h2 className={styles.title}>
				<Icon name="spark" size={16} /> {t("answer.label")}
			</h2>
			<div className={styles.text} aria-live="polite">
				{isPending && !error && <p className={styles.waiting}>{t("answer.waiting")}</p>}
				{error && <p>{sentenceOf(error, t("error.network"))}</p>}
				{data && (data.answer ? <Cited text={data.answer} onOpen={openCited} /> : <p>{data.answer_reason}</p>)}
			</div>
			{isOffline && <p className={styles.modest}>{t("answer.offline")}</p>}
		</aside>
	);
}
