// A grid of thousands is no table, and its cells take the focus in place of rows.
// biome-ignore-all lint/a11y/useSemanticElements: see above
// biome-ignore-all lint/a11y/useFocusableInteractive: see above
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import {
	type KeyboardEvent,
	type Ref,
	useEffect,
	useImperativeHandle,
	useLayoutEffect,
	useMemo,
	useRef,
	useState,
} from "react";
import type { GridItem } from "./grid-item.ts";
import { type GridRow, gridRows, type Move, moved, rowOf, type Section } from "./grid-layout.ts";
import styles from "./item-grid.module.css";
import { extended, nothingSelected, type Selection, toggled } from "./selection.ts";
import { Tile } from "./tile.tsx";

const moves: Record<string, Move> = {
	ArrowLeft: "left",
	ArrowRight: "right",
	ArrowUp: "up",
	ArrowDown: "down",
	Home: "home",
	End: "end",
	PageUp: "page-up",
	PageDown: "page-down",
};

const gap = 6;
const headingHeight = 52;
/** The shape of a tile: taller than wide, as most screenshots are. */
const ratio = 1.12;

/** Lets the page go to an item. */
export interface GridHandle {
	show(index: number): void;
}

interface ItemGridProps {
	ref?: Ref<GridHandle>;
	label: string;
	sections: readonly Section[];
	at(index: number): GridItem | undefined;
	selection: Selection;
	onSelect(selection: Selection): void;
	onOpen(item: GridItem): void;
	/** The first and last index that are on the screen or near it. */
	onRange(from: number, to: number): void;
	onDelete(): void;
}

/** Thousands of items as tiles: only the rows near the screen exist. Arrow keys move, Space selects, Enter opens. */
export function ItemGrid({
	label,
	sections,
	at,
	selection,
	onSelect,
	onOpen,
	onRange,
	onDelete,
	ref: handle,
}: ItemGridProps) {
	const ref = useRef<HTMLDivElement>(null);
	const { width, top } = useBox(ref);
	const columns = columnsOf(width);
	const tileWidth = (width - gap * (columns - 1)) / columns;
	const rows = useMemo(() => (width > 0 ? gridRows(sections, columns) : []), [sections, columns, width > 0]);
	const count = sections.reduce((sum, section) => sum + section.count, 0);
	const [active, setActive] = useState(0);
	const wantsFocus = useRef(false);
	const rowHeight = Math.round(tileWidth * ratio) + gap;

	const virtualizer = useWindowVirtualizer({
		count: rows.length,
		estimateSize: (index) => (rows[index]?.kind === "heading" ? headingHeight : rowHeight),
		overscan: 4,
		scrollMargin: top,
		// The search field stays above what is scrolled to.
		scrollPaddingStart: 76,
		getItemKey: (index) => keyOf(rows[index]),
	});
	const measuredHeight = useRef(0);
	useLayoutEffect(() => {
		// Its first rows are measured as they come.
		if (measuredHeight.current > 0) virtualizer.measure();
		measuredHeight.current = width > 0 ? rowHeight : 0;
	}, [virtualizer, rowHeight, width]);
	useImperativeHandle(handle, () => ({
		show(index) {
			// The heading stands right before its first item.
			virtualizer.scrollToIndex(Math.max(0, rowOf(rows, index) - 1), { align: "start" });
		},
	}));
	const shown = virtualizer.getVirtualItems();

	const first = rows[shown[0]?.index ?? 0];
	const last = rows[shown.at(-1)?.index ?? 0];
	const from = first?.kind === "tiles" ? first.from : 0;
	const to = last?.kind === "tiles" ? last.to : from;
	useEffect(() => onRange(from, to), [onRange, from, to]);

	// The tile may exist only after the scroll that the key caused.
	useEffect(() => {
		if (!wantsFocus.current) return;
		const tile = ref.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
		if (!tile) return;
		wantsFocus.current = false;
		tile.focus({ preventScroll: true });
	});

	function onKeyDown(event: KeyboardEvent) {
		const item = at(active);
		const move = moves[event.key];
		if (move && !event.altKey && !event.metaKey) {
			const rowsOfPage = Math.max(1, Math.floor(window.innerHeight / rowHeight) - 1);
			const next = moved(rows, active, move, count, rowsOfPage);
			if (event.shiftKey) {
				const base = selection.anchor === null ? { ...selection, anchor: active } : selection;
				onSelect(extended(base, next, (index) => at(index)?.id));
			}
			wantsFocus.current = true;
			setActive(next);
			virtualizer.scrollToIndex(rowOf(rows, next), { align: "auto" });
		} else if (event.key === "Enter" && item) onOpen(item);
		else if ((event.key === " " || event.key === "x") && item) onSelect(toggled(selection, item.id, active));
		else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
			onSelect(extended({ ...nothingSelected, anchor: 0 }, count - 1, (index) => at(index)?.id));
		} else if (event.key === "Escape" && selection.ids.size > 0) onSelect(nothingSelected);
		else if (event.key === "Delete" && selection.ids.size > 0) onDelete();
		else return;
		event.preventDefault();
	}

	return (
		<div
			ref={ref}
			className={styles.grid}
			role="grid"
			aria-label={label}
			aria-multiselectable="true"
			aria-rowcount={rows.length}
			style={{ height: virtualizer.getTotalSize() }}
			onKeyDown={onKeyDown}
		>
			{width > 0 &&
				shown.map(({ index, key, start }) => {
					const row = rows[index];
					if (!row) return null;
					const place = { transform: `translateY(${start - top}px)` };
					if (row.kind === "heading") {
						return (
							<div key={key} className={styles.heading} role="row" aria-rowindex={index + 1} style={place}>
								<span role="rowheader" className={styles.month}>
									{row.title} <span className={styles.count}>{row.count.toLocaleString()}</span>
								</span>
							</div>
						);
					}
					return (
						<div
							key={key}
							className={styles.row}
							role="row"
							aria-rowindex={index + 1}
							style={{ ...place, gridTemplateColumns: `repeat(${columns}, 1fr)`, height: rowHeight - gap }}
						>
							{Array.from({ length: row.to - row.from }, (_, offset) => {
								const place = row.from + offset;
								const item = at(place);
								return (
									<Tile
										key={item?.id ?? `empty-${place}`}
										index={place}
										item={item}
										isActive={place === active}
										isSelected={item !== undefined && selection.ids.has(item.id)}
										isSelecting={selection.ids.size > 0}
										onFocus={() => setActive(place)}
										onToggle={(shift) => {
											if (!item) return;
											onSelect(
												shift ? extended(selection, place, (each) => at(each)?.id) : toggled(selection, item.id, place),
											);
										}}
										onOpen={() => item && onOpen(item)}
									/>
								);
							})}
						</div>
					);
				})}
		</div>
	);
}

const keyOf = (row: GridRow | undefined) => (row?.kind === "tiles" ? `t${row.from}` : `h${row?.title}`);

/** Phones show three columns; a screen of 1,440 pixels about eight. */
function columnsOf(width: number): number {
	const wanted = width < 600 ? 112 : 138;
	return Math.max(2, Math.floor((width + gap) / (wanted + gap)));
}

/** The element's width, and how far below the top of the document it begins. */
function useBox(ref: React.RefObject<HTMLElement | null>) {
	const [box, setBox] = useState({ width: 0, top: 0 });
	useLayoutEffect(() => {
		const element = ref.current;
		if (!element) return;
		const measure = () => {
			const { width, top } = element.getBoundingClientRect();
			setBox((former) => {
				const next = { width, top: Math.round(top + window.scrollY) };
				return former.width === next.width && former.top === next.top ? former : next;
			});
		};
		measure();
		const observer = new ResizeObserver(measure);
		observer.observe(element);
		observer.observe(document.body);
		return () => observer.disconnect();
	}, [ref]);
	return box;
}
