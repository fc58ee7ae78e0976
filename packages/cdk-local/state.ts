import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Increases when a table changes: state of another version is refused instead of misread. */
const schemaVersion = 1;

interface StateOptions {
	/** @default "us-east-1" */
	region?: string;
	/** @default "000000000000" */
	account?: string;
	/** The clock, in milliseconds since 1970; tests move it. @default Date.now */
	now?: () => number;
}

/** Everything that survives a restart: one SQLite database and the files beside it. */
export interface State {
	readonly db: DatabaseSync;
	readonly dir: string;
	readonly region: string;
	readonly account: string;
	/** Base URL of the AWS APIs, set once they listen. */
	endpoint: string;
	now(): number;
	/** Prepares a statement, once for each text. */
	sql(text: string): StatementSync;
	/** Commits everything that `run` writes, or nothing where it throws; transactions nest. */
	transaction<T>(run: () => T): T;
	arn(service: string, resource: string): string;
	close(): void;
}

/**
 * Opens the state in a folder, which it creates where it is missing.
 * @throws where another version of cdk-local wrote it
 */
export function openState(dir: string, options: StateOptions = {}): State {
	// Secrets and signing keys are stored in clear text.
	mkdirSync(dir, { recursive: true, mode: 0o700 });
	const file = join(dir, "state.db");
	const db = new DatabaseSync(file, { timeout: 5_000 });
	chmodSync(file, 0o600);
	// In WAL mode `normal` loses nothing when the process is killed, only when the machine is.
	db.exec("pragma journal_mode = wal; pragma synchronous = normal;");
	requireVersion(db, dir);

	const statements = new Map<string, StatementSync>();
	let depth = 0;
	const state: State = {
		db,
		dir,
		region: options.region ?? "us-east-1",
		account: options.account ?? "000000000000",
		endpoint: "",
		now: options.now ?? Date.now,
		sql(text) {
			let statement = statements.get(text);
			if (!statement) {
				statement = db.prepare(text);
				statements.set(text, statement);
			}
			return statement;
		},
		transaction(run) {
			const point = `level_${depth}`;
			db.exec(depth === 0 ? "begin immediate" : `savepoint ${point}`);
			depth += 1;
			try {
				const result = run();
				db.exec(depth === 1 ? "commit" : `release ${point}`);
				return result;
			} catch (error) {
				db.exec(depth === 1 ? "rollback" : `rollback to ${point}; release ${point}`);
				throw error;
			} finally {
				depth -= 1;
			}
		},
		arn(service, resource) {
			return `arn:aws:${service}:${state.region}:${state.account}:${resource}`;
		},
		close() {
			db.close();
		},
	};
	return state;
}

function requireVersion(db: DatabaseSync, dir: string): void {
	const { user_version: found } = db.prepare("pragma user_version").get() as {
		user_version: number;
	};
	if (found !== 0 && found !== schemaVersion) {
		db.close();
		throw new Error(
			`The state in ${dir} has version ${found}, this cdk-local reads version ${schemaVersion}: delete the folder to start empty.`,
		);
	}
	db.exec(`pragma user_version = ${schemaVersion}`);
}
