import { useNavigate, useSearch } from "@tanstack/react-router";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { IconButton } from "#web/ui/button.tsx";
import { Blank, Failure, Loading } from "#web/ui/notice.tsx";
import { SelectField } from "#web/ui/select-field.tsx";
import page from "../../ui/page.module.css";
import { ReviewForm } from "./review-form.tsx";
import styles from "./review-page.module.css";
import { type ReviewMode, type ReviewState, reviewModes } from "./review-state.ts";
import { useReviewItem, useReviewProgress } from "./use-review.ts";

/** One picture after the other: the person chooses the best words, by which searches and models are measured. */
export function ReviewPage() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { show: mode = "unreviewed", at = 0 } = useSearch({ from: "/app/review" });
	const review = useReviewItem(mode, at);
	const progress = useReviewProgress().data;
	const { item, total = 0 } = review.data ?? {};
	const go = (part: ReviewState) =>
		navigate({ to: "/review", search: (former) => ({ ...former, ...part }), replace: true });
	return (
		<div className={page.page}>
			<header className={styles.head}>
				<div>
					<h1 className={page.title}>{t("nav.review")}</h1>
					<p className={page.lead}>{t("review.lead")}</p>
				</div>
				<SelectField
					label={t("review.mode")}
					value={mode}
					onChange={({ target }) => go({ show: target.value as ReviewMode, at: undefined })}
					options={reviewModes.map((each) => [each, t(`review.mode.${each}`)])}
				/>
			</header>
			{progress && progress.total_items > 0 && (
				<div className={page.progress}>
					<progress max={progress.total_items} value={progress.reviewed_items} aria-label={t("review.progress")} />
					<p>{t("review.done", { done: progress.reviewed_items, count: progress.total_items })}</p>
				</div>
			)}
			{review.error && !review.data ? (
				<Failure error={review.error} onRetry={() => review.refetch()} />
			) : !review.data ? (
				<Loading />
			) : !item ? (
				<Blank icon="check" title={t("review.empty")}>
					<p>{t(progress?.total_items === 0 ? "review.empty.text" : "review.all.text")}</p>
				</Blank>
			) : (
				<>
					<nav className={page.progress} aria-label={t("review.steps")}>
						<IconButton
							icon="left"
							look="secondary"
							label={t("viewer.previous")}
							isDisabled={at === 0}
							onPress={() => go({ at: at - 1 || undefined })}
						/>
						<p>{t("review.place", { place: at + 1, count: total })}</p>
						<IconButton
							icon="right"
							look="secondary"
							label={t("viewer.next")}
							isDisabled={at + 1 >= total}
							onPress={() => go({ at: at + 1 })}
						/>
					</nav>
					<ReviewForm
						key={item.item_id}
						item={item}
						// A reviewed item leaves the list of those that are not: the next one has its place then.
						onSaved={() => void (mode !== "unreviewed" && at + 1 < total && go({ at: at + 1 }))}
					/>
				</>
			)}
		</div>
	);
}
