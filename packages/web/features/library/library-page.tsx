import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { UploadButton } from "#web/features/upload/upload-button.tsx";
import { useSequence } from "#web/features/viewer/sequence.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Blank, Failure } from "#web/ui/notice.tsx";
import { FilterBar } from "./filter-bar.tsx";
import type { GridItem } from "./grid-item.ts";
import { ItemGrid } from "./item-grid.tsx";
import styles from "./library-page.module.css";
import { nothingSelected } from "./selection.ts";
import { SkeletonGrid } from "./skeleton-grid.tsx";
import { itemsPerPage, useItems } from "./use-items.ts";

const SelectionBar = lazy(async () => ({ default: (await import("./selection-bar.tsx")).SelectionBar }));

export function LibraryPage() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { category, status } = useSearch({ from: "/app/" });
	const [range, setRange] = useState({ from: 0, to: 0 });
	const [selection, setSelection] = useState(nothingSelected);
	const [isDeleting, setDeleting] = useState(false);
	const pages = useMemo(() => pagesOf(range.from, range.to), [range]);
	const items = useItems(
		useMemo(() => ({ category, status }), [category, status]),
		pages,
	);
	const onRange = useCallback((from: number, to: number) => setRange({ from, to }), []);
	const sections = useMemo(() => [{ title: null, count: items.total }], [items.total]);
	useSequence(items.at, items.total);
	const open = (item: GridItem) => navigate({ to: ".", search: (former) => ({ ...former, item: item.id }) });
	const isFiltered = Boolean(category || status);

	return (
		<div className={styles.page}>
			<h1 className="visually-hidden">{t("nav.library")}</h1>
			{(items.total > 0 || isFiltered) && <FilterBar total={items.total} category={category} status={status} />}
			{items.error ? (
				<Failure error={items.error} onRetry={items.retry} />
			) : items.isLoading ? (
				<SkeletonGrid />
			) : items.total === 0 ? (
				isFiltered ? (
					<Blank icon="filter" title={t("library.noneMatch")}>
						<p>{t("library.noneMatch.text")}</p>
					</Blank>
				) : (
					<Blank icon="upload" title={t("library.empty")}>
						<p>{t("library.empty.text")}</p>
						<UploadButton />
					</Blank>
				)
			) : (
				<ItemGrid
					label={t("nav.library")}
					sections={sections}
					at={items.at}
					selection={selection}
					onSelect={setSelection}
					onOpen={open}
					onRange={onRange}
					onDelete={() => setDeleting(true)}
				/>
			)}
			<Suspense fallback={null}>
				{selection.ids.size > 0 && (
					<SelectionBar
						ids={selection.ids}
						isDeleting={isDeleting}
						setDeleting={setDeleting}
						onClear={() => setSelection(nothingSelected)}
					/>
				)}
			</Suspense>
		</div>
	);
}

function pagesOf(from: number, to: number): number[] {
	const first = Math.floor(from / itemsPerPage);
	const last = Math.floor(to / itemsPerPage);
	return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
