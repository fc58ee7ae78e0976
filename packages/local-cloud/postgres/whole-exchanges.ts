import type { PGlite } from "@electric-sql/pglite";

const [parse, bind, describe, execute, close, flush] = [..."PBDECH"].map(
	(type) => type.charCodeAt(0),
);
const opensExchange = new Set([parse, bind, describe, execute, close, flush]);
const sync = "S".charCodeAt(0);
const syncMessage = Uint8Array.of(sync, 0, 0, 0, 4);

/**
 * Keeps one client's Parse, Bind, Execute and Sync together on PGlite's single session.
 *
 * pglite-socket 0.2.17 queues message by message and holds other clients back only inside a transaction,
 * so two clients' unnamed statements overwrite each other: measured with three processes of two
 * connections, `portal "" does not exist` after a few hundred queries, and a client that never gets its
 * answer. An exchange under way is therefore reported as a transaction.
 */
export function wholeExchanges(db: PGlite): PGlite {
	let underWay = false;
	const overrides: Partial<PGlite> = {
		isInTransaction: () => underWay || db.isInTransaction(),
		async execProtocolRawStream(message, options) {
			const type = message[0] as number;
			if (type === sync) underWay = false;
			else if (opensExchange.has(type)) underWay = true;
			return db.execProtocolRawStream(message, options);
		},
		/** Called with `rollback` when the client that is inside goes away. */
		async exec(query, options) {
			if (underWay) await db.execProtocolRaw(syncMessage);
			underWay = false;
			return db.exec(query, options);
		},
	};
	return new Proxy(db, {
		get(target, name) {
			const own = overrides[name as keyof PGlite];
			if (own) return own;
			const value = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}
