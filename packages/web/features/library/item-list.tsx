import { useNavigate } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useRef, useState } from "react";
import type { Schemas } from "#web/app/api.ts";
import { useSequence } from "#web/features/viewer/sequence.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Failure } from "#web/ui/notice.tsx";
import type { GridItem } from "./grid-item.ts";
import type { ItemFilters } from "./item-filters.ts";
import { type GridHandle, ItemGrid } from "./item-grid.tsx";
import styles from "./item-list.module.css";
import { monthSections } from "./month-sections.ts";
import { nothingSelected } from "./selection.ts";
import { SkeletonGrid } from "./skeleton-grid.tsx";
import { type ItemList as Items, itemsPerPage, useFacets, useItems } from "./use-items.ts";

const MonthRail = lazy(async () => ({ default: (await import("./month-rail.tsx")).MonthRail }));
const SelectionBar = lazy(async () => ({ default: (await import("./selection-bar.tsx")).SelectionBar }));

interface ItemListProps {
	label: string;
	filters: ItemFilters;
	/** The album whose items these are, in its order where it has one. */
	album?: Schemas["Album"];
	/** Shown where the filters leave nothing. */
	blank: ReactNode;
}

/** The items that pass the filters, by month or in an album's order, with what can be done with those selected. */
export function ItemList({ label, filters, album, blank }: ItemListProps) {
	const { t, locale } = useLanguage();
	const navigate = useNavigate();
	const grid = useRef<GridHandle>(null);
	const [range, setRange] = useState({ from: 0, to: 0 });
	const [selection, setSelection] = useState(nothingSelected);
	const [isRemoving, setRemoving] = useState(false);
	const pages = useMemo(() => pagesOf(range.from, range.to), [range]);
	const ordered = album && !album.smart ? album : undefined;
	const items = useItems(filters, ordered ? "position" : "taken", pages);
	const months = useFacets(filters, !ordered).data?.months;
	const onRange = useCallback((from: number, to: number) => setRange({ from, to }), []);
	const sections = useMemo(
		() => monthSections(ordered ? [] : months, items.total, locale),
		[ordered, months, items.total, locale],
	);
	useSequence(items.at, items.total);
	const open = (item: GridItem) => navigate({ to: ".", search: (former) => ({ ...former, item: item.id }) });

	if (items.error) return <Failure error={items.error} onRetry={items.retry} />;
	if (items.isLoading) return <SkeletonGrid />;
	if (items.total === 0) return blank;
	return (
		<div className={styles.list}>
			<p className={styles.total}>{t("library.count", { count: items.total })}</p>
			<ItemGrid
				ref={grid}
				label={label}
				sections={sections}
				at={items.at}
				selection={selection}
				onSelect={setSelection}
				onOpen={open}
				onRange={onRange}
				onDelete={() => setRemoving(true)}
			/>
			<Suspense fallback={null}>
				{sections.length > 1 && (
					<MonthRail sections={sections} shown={range.from} onJump={(index) => grid.current?.show(index)} />
				)}
				{selection.ids.size > 0 && (
					<SelectionBar
						ids={selection.ids}
						album={ordered}
						places={placesOf(selection.ids, items)}
						isTrash={filters.status === "trashed"}
						isRemoving={isRemoving}
						setRemoving={setRemoving}
						onClear={() => setSelection(nothingSelected)}
					/>
				)}
			</Suspense>
		</div>
	);
}

/** The selected items that are loaded, with their places in the list. */
function placesOf(ids: ReadonlySet<string>, { at, total }: Pick<Items, "at" | "total">) {
	const places: { id: string; index: number }[] = [];
	for (let index = 0; index < total && places.length < ids.size; index++) {
		const id = at(index)?.id;
		if (id && ids.has(id)) places.push({ id, index });
	}
	return places;
}

function pagesOf(from: number, to: number): number[] {
	const first = Math.floor(from / itemsPerPage);
	const last = Math.floor(to / itemsPerPage);
	return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
