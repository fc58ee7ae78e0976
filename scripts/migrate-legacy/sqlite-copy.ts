import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** A SQLite database that is only read. */
export interface ReadDatabase {
	rows<Row>(statement: string, ...values: SQLInputValue[]): Row[];
	close(): void;
}

/**
 * Opens a copy of a SQLite database with its write-ahead log: SQLite writes beside a file that it opens, and the original
 * stays as it is, byte for byte.
 */
export function openCopy(file: string): ReadDatabase {
	const folder = mkdtempSync(path.join(tmpdir(), "collections-sqlite-"));
	const copy = path.join(folder, path.basename(file));
	const remove = () => rmSync(folder, { recursive: true, force: true });
	try {
		copyFileSync(file, copy);
		if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
		const database = new DatabaseSync(copy);
		database.prepare("select count(*) from sqlite_master").get();
		return {
			rows: <Row>(statement: string, ...values: SQLInputValue[]) => database.prepare(statement).all(...values) as Row[],
			close() {
				database.close();
				remove();
			},
		};
	} catch (cause) {
		remove();
		throw new Error(`${file} cannot be read as a SQLite database: ${(cause as Error).message}.`, { cause });
	}
}
