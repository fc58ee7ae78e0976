import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { useMarks } from "#web/features/viewer/marks.ts";
import { useSequence } from "#web/features/viewer/sequence.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, Toggle } from "#web/ui/button.tsx";
import { Icon } from "#web/ui/icon.tsx";
import { Banner, Blank, Failure, Loading } from "#web/ui/notice.tsx";
import { Hit } from "./hit.tsx";
import styles from "./search-page.module.css";
import { modes, type SearchState } from "./search-state.ts";
import { useSearchResults } from "./use-search.ts";

const AnswerPane = lazy(async () => ({ default: (await import("./answer-pane.tsx")).AnswerPane }));

export function SearchPage() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { item: _, ...state } = useSearch({ from: "/app/search" });
	const search = useSearchResults(state);
	const results = search.data?.results ?? [];
	useMarks(
		useMemo(
			() => new Map(search.data?.results.map(({ item_id, boxes = [] }) => [item_id, boxes.map(({ box }) => box)])),
			[search.data],
		),
	);
	const strong = results.filter(({ match }) => match === "strong");
	const weak = results.filter(({ match }) => match === "weak");
	useSequence((index) => {
		const result = [...strong, ...weak][index];
		return result && { id: result.item_id };
	}, results.length);
	const change = (part: Partial<SearchState>) =>
		navigate({ to: "/search", search: (former) => ({ ...former, ...part }), replace: true });
	const open = (id: string) => navigate({ to: ".", search: (former) => ({ ...former, item: id }) });

	if (!state.q?.trim()) {
		return (
			<Blank icon="search" title={t("search.start")}>
				<p>{t("search.start.text")}</p>
			</Blank>
		);
	}
	return (
		<div className={styles.page}>
			<h1 className="visually-hidden">{t("search.title", { query: state.q })}</h1>
			<div className={styles.bar}>
				<fieldset className={styles.modes}>
					<legend className="visually-hidden">{t("search.mode")}</legend>
					{modes.map((mode) => (
						<label key={mode} className={styles.mode}>
							<input
								type="radio"
								name="mode"
								className="visually-hidden"
								checked={mode === (state.mode ?? "hybrid")}
								onChange={() => change({ mode: mode === "hybrid" ? undefined : mode })}
							/>
							{t(`search.mode.${mode}`)}
						</label>
					))}
				</fieldset>
				<Toggle
					className={styles.strict}
					isOn={state.strict ?? false}
					onChange={(isStrict) => change({ strict: isStrict || undefined })}
				>
					<Icon name="check" size={16} />
					{t("search.strict")}
				</Toggle>
				{state.category && (
					<button type="button" className={styles.strict} onClick={() => change({ category: undefined })}>
						{state.category}
						<Icon name="close" size={14} />
					</button>
				)}
				{!state.ask && (
					<Button look="quiet" icon="spark" onPress={() => change({ ask: true })} className={styles.ask}>
						{t("search.ask")}
					</Button>
				)}
			</div>
			<div className={styles.columns}>
				<Suspense fallback={null}>{state.ask && <AnswerPane state={state} onOpen={open} />}</Suspense>
				<section className={styles.results} aria-label={t("search.results")} aria-busy={search.isFetching}>
					{search.error && !search.data ? (
						<Failure error={search.error} onRetry={() => search.refetch()} />
					) : !search.data ? (
						<Loading />
					) : (
						<>
							<p className={styles.count} role="status">
								{t("search.count", { count: strong.length })}
								{weak.length > 0 && ` · ${t("search.countWeak", { count: weak.length })}`}
							</p>
							{search.data.notices.map((notice) => (
								<Banner key={notice}>{notice}</Banner>
							))}
							{results.length === 0 && (
								<Blank icon="search" title={t("search.nothing")}>
									<p>{t("search.nothing.text")}</p>
								</Blank>
							)}
							<ol className={styles.list}>
								{strong.map((result) => (
									<Hit key={result.item_id} result={result} onOpen={open} />
								))}
							</ol>
							{weak.length > 0 && (
								<>
									<h2 className={styles.weak}>{t("search.weak")}</h2>
									<ol className={styles.list}>
										{weak.map((result) => (
											<Hit key={result.item_id} result={result} onOpen={open} />
										))}
									</ol>
								</>
							)}
						</>
					)}
				</section>
			</div>
		</div>
	);
}
