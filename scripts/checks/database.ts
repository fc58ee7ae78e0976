import pg from "pg";
import { clientConfig } from "#postgres/database.ts";
import { applicationLogin } from "../database/postgres.ts";
import { hasPlugin, tunnelTo } from "../database/tunnel.ts";
import { CheckSkipped } from "../environment/checks.ts";
import type { Check, Inspection } from "./check.ts";

async function queryDatabase<Row extends object>({ target, interruption }: Inspection, sql: string): Promise<Row> {
	if (target.environment.network.mode === "private" && !hasPlugin()) {
		throw new CheckSkipped(
			"the database has no public address, and session-manager-plugin, which opens a tunnel, is not on the PATH; Lambda reaches the database, see below",
		);
	}
	const login = await applicationLogin(target);
	const tunnel = await tunnelTo(target, login, interruption);
	try {
		const config = await clientConfig(login, login);
		const client = new pg.Client({
			...config,
			...(tunnel && {
				host: "127.0.0.1",
				port: tunnel.port,
				// The connection goes to the tunnel on this machine, but the certificate is that of the database's host.
				ssl: { ...Object(config.ssl), servername: login.host },
			}),
		});
		client.on("error", () => {});
		await client.connect();
		try {
			const { rows } = await client.query<Row>(sql);
			return rows[0] as Row;
		} finally {
			await client.end();
		}
	} finally {
		await tunnel?.close();
	}
}

export const database: Check[] = [
	{
		name: "Postgres, TLS verified",
		async run(inspection) {
			const { tls, version, cipher } = await queryDatabase<{
				tls: boolean | null;
				cipher: string | null;
				version: string;
			}>(
				inspection,
				`select current_setting('server_version') as version, ssl as tls, cipher
				from (select 1) as single left join pg_stat_ssl on pid = pg_backend_pid()`,
			);
			if (inspection.target.isLocal) {
				return `${version}; without TLS, which the local database lacks`;
			}
			// The client verified certificate and host before it sent the query.
			if (!tls) throw new Error("the connection is not encrypted");
			return `${version}, ${cipher}`;
		},
	},
	{
		name: "pgvector",
		async run(inspection) {
			const { version, distance } = await queryDatabase<{
				version: string;
				distance: number;
			}>(
				inspection,
				`select extversion as version, '[1,0]'::vector <=> '[0,1]'::vector as distance
				from pg_extension where extname = 'vector'`,
			);
			if (distance !== 1) {
				throw new Error(`the distance of a right angle is ${distance}, not 1`);
			}
			return `${version}, cosine distance answers`;
		},
	},
];
