/** Prints rows as a table: the first column aligned left, the others right. */
export function printTable(rows: Record<string, string | number>[]): void {
	const columns = Object.keys(rows[0] ?? {});
	const lines = [columns, ...rows.map((row) => columns.map((c) => `${row[c]}`))];
	const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
	for (const line of lines) {
		const padded = line.map((cell, column) => {
			const width = widths[column] ?? 0;
			return column === 0 ? cell.padEnd(width) : cell.padStart(width);
		});
		console.log(`  ${padded.join("   ")}`);
	}
}
