import { connectDatabase, type Database } from "#postgres/database.ts";
import { interruptible } from "../environment/interruption.ts";
import type { Target } from "../environment/target.ts";
import { applicationLogin } from "./postgres.ts";
import { tunnelTo } from "./tunnel.ts";

/** Runs `work` with an environment's database, as the application, through a tunnel where it has no public address. */
export async function withDatabase<T>(target: Target, work: (database: Database) => Promise<T>): Promise<T> {
	const login = await applicationLogin(target);
	const tunnel = await interruptible((interruption) => tunnelTo(target, login, interruption));
	const database = connectDatabase({
		...login,
		...(tunnel && { host: "127.0.0.1", port: tunnel.port, serverName: login.host }),
		credentials: () => applicationLogin(target),
	});
	try {
		return await work(database);
	} finally {
		await database.close();
		await tunnel?.close();
	}
}
