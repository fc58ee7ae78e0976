/** Items in a row of the list that belong together: a month, say. */
export interface Section {
	/** Shown above its items; null shows no heading. */
	title: string | null;
	count: number;
}

export type GridRow =
	| { kind: "heading"; title: string; count: number }
	/** Items `from` to `to`, without `to`. */
	| { kind: "tiles"; from: number; to: number };

/** The rows of a grid with so many columns: a heading for each titled section, then its items. */
export function gridRows(sections: readonly Section[], columns: number): GridRow[] {
	const rows: GridRow[] = [];
	let start = 0;
	for (const { title, count } of sections) {
		if (count === 0) continue;
		if (title !== null) rows.push({ kind: "heading", title, count });
		for (let from = start; from < start + count; from += columns) {
			rows.push({ kind: "tiles", from, to: Math.min(from + columns, start + count) });
		}
		start += count;
	}
	return rows;
}

/** The row that shows an item, by bisection; -1 where no row does. */
export function rowOf(rows: readonly GridRow[], index: number): number {
	let low = 0;
	let high = rows.length - 1;
	while (low <= high) {
		const middle = (low + high) >> 1;
		const row = rows[middle] as GridRow;
		// A heading stands right before the row with its first item.
		const tiles = row.kind === "tiles" ? row : (rows[middle + 1] as Extract<GridRow, { kind: "tiles" }>);
		if (index < tiles.from) high = middle - 1;
		else if (index >= tiles.to) low = middle + 1;
		else return row.kind === "tiles" ? middle : middle + 1;
	}
	return -1;
}

export type Move = "left" | "right" | "up" | "down" | "home" | "end" | "page-up" | "page-down";

/** The item that a key leads to from another: rows may have fewer items than columns. */
export function moved(rows: readonly GridRow[], index: number, move: Move, count: number, rowsOfPage: number): number {
	if (move === "left") return Math.max(0, index - 1);
	if (move === "right") return Math.min(count - 1, index + 1);
	if (move === "home") return 0;
	if (move === "end") return count - 1;
	const step = move === "up" ? -1 : move === "down" ? 1 : move === "page-up" ? -rowsOfPage : rowsOfPage;
	const tileRows = rows.filter((row) => row.kind === "tiles");
	const at = rowOf(tileRows, index);
	const row = tileRows[at];
	if (!row) return index;
	const target = tileRows[Math.max(0, Math.min(tileRows.length - 1, at + step))] ?? row;
	return Math.min(target.to - 1, target.from + (index - row.from));
}
