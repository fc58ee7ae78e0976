import pg from "pg";

/** Sends PGlite 400 queries over two connections, some in transactions, and reports the number of wrong answers to its parent. */
const [port, client] = process.argv.slice(2).map(Number);
const pool = new pg.Pool({
	host: "127.0.0.1",
	port,
	user: "postgres",
	database: "postgres",
	max: 2,
});
// Longer than a packet, so that the messages of one exchange arrive separately.
const text = "x".repeat((client ?? 0) * 30_000);
let wrong = 0;
async function ask(question: number): Promise<void> {
	const [sql, values] =
		question % 2
			? ["select $1::int as number, length($2) as length", [question, text]]
			: ["select length($2) as length, $1::int as number, $3::text as more", [question, text, "more"]];
	try {
		const { rows } = await pool.query(sql as string, values as unknown[]);
		const { number, length } = rows[0] ?? {};
		if (number !== question || length !== text.length) wrong += 1;
	} catch {
		wrong += 1;
	}
}
async function askInTransaction(question: number): Promise<void> {
	const client = await pool.connect();
	try {
		await client.query("begin");
		const { rows } = await client.query("select $1::int as number", [question]);
		await client.query("commit");
		if (rows[0]?.number !== question) wrong += 1;
	} catch {
		wrong += 1;
	} finally {
		client.release();
	}
}
await Promise.all(
	[0, 1].map(async (start) => {
		for (let question = start; question < 400; question += 2) {
			await ask(question);
			if (question % 10 < 2) await askInTransaction(question);
		}
	}),
);
process.send?.(wrong);
await pool.end();
