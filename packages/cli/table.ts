/** Prints rows as an aligned table: the first column to the left, the others to the right. */
export function printTable(rows: Record<string, string | number>[]): void {
	const columns = Object.keys(rows[0] ?? {});
	const lines = [columns, ...rows.map((row) => columns.map((c) => `${row[c]}`))];
	const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
	for (const line of lines) {
		const padded = line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)));
		console.log(`  ${padded.join("   ")}`);
	}
}
