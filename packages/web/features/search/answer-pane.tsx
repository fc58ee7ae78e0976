import { markOnly } from "#web/features/viewer/marks.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Icon } from "#web/ui/icon.tsx";
import { sentenceOf } from "#web/ui/notice.tsx";
import { Refusal } from "#web/ui/refusal.tsx";
import styles from "./answer-pane.module.css";
import { Cited } from "./cited.tsx";
import type { SearchState } from "./search-state.ts";
import { useAnswer } from "./use-answer.ts";
import type { SearchResult } from "./use-search.ts";

/** The answer to the query from the items as it comes, each sentence with the items it rests on. */
export function AnswerPane({ state, onOpen }: { state: SearchState; onOpen(id: string): void }) {
	const { t } = useLanguage();
	const { data, error, isAnswering, isCut, stop, refetch } = useAnswer(state);
	const whole = data?.whole;
	function openCited(id: string) {
		const boxes = (whole?.citations ?? []).flatMap(({ item_id, box }) => (item_id === id && box ? [box] : []));
		if (boxes.length > 0) markOnly(id, boxes);
		onOpen(id);
	}
	const steps = data?.steps ?? [];
	return (
		<aside className={styles.pane} aria-label={t("answer.label")}>
			<h2 className={styles.title}>
				<Icon name="spark" size={16} /> {t("answer.label")}
				{isAnswering && (
					<Button look="quiet" icon="stop" onPress={stop} className={styles.stop}>
						{t("answer.stop")}
					</Button>
				)}
			</h2>
			{/* Only what is added is read out: a sentence that was read stays the same node. */}
			<div className={styles.text} role="log" aria-live="polite" aria-label={t("answer.label")}>
				{isAnswering && (
					<ol className={styles.steps} aria-label={t("answer.steps")}>
						{steps.map((step, at) => (
							<li key={at}>{step}</li>
						))}
						{steps.length === 0 && <li>{t("answer.waiting")}</li>}
					</ol>
				)}
				{data?.text && <Cited text={data.text} onOpen={openCited} />}
				{whole && !whole.answer && <p>{whole.answer_reason}</p>}
				{data?.isStopped && <p className={styles.waiting}>{t("answer.stopped")}</p>}
			</div>
			{isAnswering && !data?.text && <Found results={data?.results ?? []} onOpen={onOpen} />}
			{error && !isAnswering && (
				<Refusal
					text={isCut ? t("answer.cut") : sentenceOf(error, t("error.network"))}
					error={error}
					onRetry={() => void refetch()}
				/>
			)}
			{data?.isStopped && (
				<div>
					<Button icon="retry" onPress={() => void refetch()}>
						{t("answer.again")}
					</Button>
				</div>
			)}
			{whole?.answer && whole.answer_model_used === null && <p className={styles.modest}>{t("answer.offline")}</p>}
		</aside>
	);
}

/** The items that the answer is being made from. */
function Found({ results, onOpen }: { results: SearchResult[]; onOpen(id: string): void }) {
	const { t } = useLanguage();
	if (results.length === 0) return null;
	return (
		<ul className={styles.found} aria-label={t("answer.found")}>
			{results.map(({ item_id: id, headline, thumbnail_url: thumbnail }) => (
				<li key={id}>
					<button type="button" className={styles.hit} aria-label={headline} onClick={() => onOpen(id)}>
						{thumbnail && <img src={thumbnail} alt="" />}
					</button>
				</li>
			))}
		</ul>
	);
}
