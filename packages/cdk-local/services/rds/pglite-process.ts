/**
 * Runs PGlite in a process of its own, so that a long query does not block the emulator.
 * Arguments: data folder, database name, port; MASTER_USER holds the master user's name and password.
 * Sends `ready` to its parent and ends with it.
 */
import { existsSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { btree_gin } from "@electric-sql/pglite/contrib/btree_gin";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { vector } from "@electric-sql/pglite-pgvector";
import { servePglite } from "./pglite-server.ts";
import { quoted } from "./session.ts";

const [folder = "", database = "", port = ""] = process.argv.slice(2);

async function open(name: string) {
	return PGlite.create({
		dataDir: folder,
		database: name,
		extensions: { vector, pg_trgm, btree_gin, unaccent },
	});
}

if (!existsSync(`${folder}/PG_VERSION`)) {
	const fresh = await open("postgres");
	await fresh.exec(`create database ${database}`);
	await fresh.close();
}
const db = await open(database);
// On RDS this role is almost a superuser: it lacks only file access and other databases.
const { username, password } = JSON.parse(process.env.MASTER_USER ?? "{}");
if (username) {
	const { rows } = await db.query("select from pg_roles where rolname = $1", [username]);
	const role = `role "${username.replaceAll('"', '""')}"`;
	if (rows.length === 0) await db.exec(`create ${role}`);
	await db.exec(`alter ${role} login superuser password ${quoted(password)}`);
}
await servePglite(db, { port: Number(port) });
process.send?.("ready");

let ending = false;
async function end() {
	if (ending) return;
	ending = true;
	// Exiting frees the port last: another process that takes it may open the folder.
	await db.close();
	process.exit();
}
process.on("SIGTERM", end);
// A terminal signals the whole process group; the parent decides the order.
process.on("SIGINT", () => {});
process.on("disconnect", end);
