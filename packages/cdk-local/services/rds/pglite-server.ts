import { type AddressInfo, createServer, type Socket } from "node:net";
import type { PGlite } from "@electric-sql/pglite";
import { passwordMatches } from "./password.ts";
import { quoted, Session, type SessionUser } from "./session.ts";

export interface PgliteServer {
	port: number;
	close(): Promise<void>;
}

/**
 * Serves PGlite on loopback to any number of connections, each with the role it signs in as.
 *
 * pglite-socket does not fit: every connection is the superuser whatever its name and password, so a missing
 * grant would fail on RDS first; all connections share their settings; and messages of two connections mix.
 * One session has limits: temporary tables and session locks end when another connection has its turn.
 * Named prepared statements end, too, but are prepared again at their next use.
 */
export async function servePglite(db: PGlite, { port = 0 }: { port?: number } = {}): Promise<PgliteServer> {
	const session = new Session(db);
	const { rows } = await db.query<{ version: string; database: string }>(
		"select current_setting('server_version') as version, current_database() as database",
	);
	const serverInfo = rows[0] as { version: string; database: string };
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.once("close", () => sockets.delete(socket));
		serve(socket, session, serverInfo);
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
	return {
		port: (server.address() as AddressInfo).port,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of sockets) socket.destroy();
			}),
	};
}

const protocol3 = 196_608;
const sslRequest = 80_877_103;
const gssRequest = 80_877_104;
/** Bytes of a message; Postgres' own limit is 1 GB. */
const maxMessage = 256 * 1024 * 1024;

function serve(socket: Socket, session: Session, serverInfo: { version: string; database: string }): void {
	let buffer: Buffer = Buffer.alloc(0);
	let startup: Record<string, string> | null = null;
	let user: SessionUser | null = null;
	let isWorking = false;
	let isClosed = false;

	const refuse = (code: string, message: string) => {
		socket.end(errorResponse(code, message));
	};

	/** Takes the next whole message; null until more bytes arrive. */
	const nextMessage = (): Buffer | null => {
		const typeLength = startup === null ? 0 : 1;
		if (buffer.length < typeLength + 4) return null;
		const length = buffer.readInt32BE(typeLength) + typeLength;
		if (length < typeLength + 4 || length > maxMessage) {
			refuse("08P01", "invalid message length");
			buffer = Buffer.alloc(0);
			return null;
		}
		if (buffer.length < length) return null;
		const message = buffer.subarray(0, length);
		buffer = buffer.subarray(length);
		return message;
	};

	const begin = (message: Buffer) => {
		const code = message.readInt32BE(4);
		// There is no TLS; the client may continue without.
		if (code === sslRequest || code === gssRequest) socket.write("N");
		else if (code !== protocol3) socket.end();
		else {
			startup = startupParameters(message);
			socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
		}
	};

	const signIn = async (message: Buffer, parameters: Record<string, string>) => {
		const role = parameters.user ?? "";
		const database = parameters.database ?? role;
		if (message[0] !== "p".charCodeAt(0)) {
			return refuse("08P01", "expected a password");
		}
		const password = message.subarray(5, -1).toString();
		const { rows } = await session.runExclusive((db) =>
			db.query<{ rolpassword: string | null; settings: string[] }>(
				`select rolpassword, array(
				   select unnest(setconfig) from pg_db_role_setting
				   where setrole = pg_authid.oid and setdatabase in (0, (select oid from pg_database where datname = current_database()))
				   order by setdatabase
				 ) as settings
				 from pg_authid where rolname = ${quoted(role)} and rolcanlogin`,
			),
		);
		const [account] = rows;
		// Only PGlite's own superuser has no password.
		if (!account || (account.rolpassword !== null && !passwordMatches(password, account.rolpassword))) {
			return refuse("28P01", `password authentication failed for user "${role}"`);
		}
		if (database !== serverInfo.database) {
			return refuse("3D000", `database "${database}" does not exist`);
		}
		const ofRole = account.settings.map((setting) => setting.split(/=(.*)/s).slice(0, 2));
		user = { role, settings: { ...Object.fromEntries(ofRole), ...settingsOf(parameters) } };
		socket.write(
			Buffer.concat([
				Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
				...Object.entries({
					server_version: serverInfo.version,
					client_encoding: "UTF8",
					standard_conforming_strings: "on",
					integer_datetimes: "on",
					DateStyle: "ISO, MDY",
					TimeZone: "UTC",
				}).map(([name, value]) => typedMessage("S", `${name}\0${value}\0`)),
				Buffer.from([0x4b, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]),
				typedMessage("Z", "I"),
			]),
		);
	};

	const handle = async (message: Buffer) => {
		if (startup === null) begin(message);
		else if (user === null) await signIn(message, startup);
		else if (message[0] === "X".charCodeAt(0)) socket.end();
		else {
			const answer = await session.exchange(user, message);
			if (!socket.destroyed) socket.write(answer);
		}
	};

	const work = async () => {
		if (isWorking) return;
		isWorking = true;
		try {
			for (let message = nextMessage(); message && !isClosed; message = nextMessage()) {
				await handle(message);
			}
		} catch (error) {
			refuse("XX000", error instanceof Error ? error.message : String(error));
		} finally {
			isWorking = false;
			if (isClosed && user) await session.leave(user).catch(() => {});
		}
	};

	socket.setNoDelay(true);
	socket.on("error", () => {});
	socket.on("data", (data) => {
		buffer = buffer.length > 0 ? Buffer.concat([buffer, data]) : data;
		void work();
	});
	socket.once("close", () => {
		isClosed = true;
		// Otherwise `work` does this when the current message has ended.
		if (!isWorking && user) session.leave(user).catch(() => {});
	});
}

function startupParameters(message: Buffer): Record<string, string> {
	const texts = message.subarray(8).toString().split("\0");
	const parameters: Record<string, string> = {};
	for (let index = 0; texts[index]; index += 2) {
		parameters[texts[index] as string] = texts[index + 1] ?? "";
	}
	return parameters;
}

/** Returns the settings that a connection asks for: `application_name`, `TimeZone` ..., and `-c name=value` in its options. */
function settingsOf({
	user: _user,
	database: _database,
	replication: _replication,
	client_encoding: _encoding,
	options = "",
	...settings
}: Record<string, string>): Record<string, string> {
	for (const [, name = "", value = ""] of options.matchAll(/(?:-c\s*|--)([\w.]+)=((?:\\.|\S)*)/g)) {
		settings[name] = value.replace(/\\(.)/g, "$1");
	}
	return Object.fromEntries(Object.entries(settings).filter(([name]) => /^[\w.]+$/.test(name)));
}

function typedMessage(type: string, text: string): Buffer {
	const body = Buffer.from(text);
	const head = Buffer.alloc(5);
	head.write(type, 0);
	head.writeInt32BE(body.length + 4, 1);
	return Buffer.concat([head, body]);
}

function errorResponse(code: string, message: string): Buffer {
	return typedMessage("E", `SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
}
