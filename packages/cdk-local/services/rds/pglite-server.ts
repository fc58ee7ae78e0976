import { type AddressInfo, createServer, type Socket } from "node:net";
import type { PGlite } from "@electric-sql/pglite";
import { passwordMatches } from "./password.ts";
import { quoted, Session, type SessionUser } from "./session.ts";

export interface PgliteServer {
	port: number;
	close(): Promise<void>;
}

/**
 * Serves PGlite on loopback to any number of connections, each with the role it signs in with.
 *
 * Not pglite-socket, because there every connection is the superuser whatever its name and password, so a
 * missing grant shows on RDS first; settings of one connection are seen by all; and messages of two
 * connections mix. What one session still cannot give: temporary tables and session locks end when another
 * connection has its turn. Statements prepared by name do, too, but are prepared again when they are next used.
 */
export async function servePglite(
	db: PGlite,
	{ port = 0 }: { port?: number } = {},
): Promise<PgliteServer> {
	const session = new Session(db);
	const { rows } = await db.query<{ version: string; database: string }>(
		"select current_setting('server_version') as version, current_database() as database",
	);
	const about = rows[0] as { version: string; database: string };
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.once("close", () => sockets.delete(socket));
		serve(socket, session, about);
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
/** The longest message taken: Postgres itself stops at 1 GB. */
const maxMessage = 256 * 1024 * 1024;

function serve(
	socket: Socket,
	session: Session,
	about: { version: string; database: string },
): void {
	let buffer: Buffer = Buffer.alloc(0);
	let startup: Record<string, string> | null = null;
	let user: SessionUser | null = null;
	let working = false;
	let gone = false;

	const refuse = (code: string, message: string) => {
		socket.end(errorResponse(code, message));
	};

	/** The next whole message, or null until more bytes have come. */
	const next = (): Buffer | null => {
		const typed = startup === null ? 0 : 1;
		if (buffer.length < typed + 4) return null;
		const length = buffer.readInt32BE(typed) + typed;
		if (length < typed + 4 || length > maxMessage) {
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
		// No TLS here: the client may go on without.
		if (code === sslRequest || code === gssRequest) socket.write("N");
		else if (code !== protocol3) socket.end();
		else {
			startup = startupParameters(message);
			socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
		}
	};

	const signIn = async (
		message: Buffer,
		parameters: Record<string, string>,
	) => {
		const role = parameters.user ?? "";
		const database = parameters.database ?? role;
		if (message[0] !== "p".charCodeAt(0)) {
			return refuse("08P01", "expected a password");
		}
		const password = message.subarray(5, -1).toString();
		const found = await session.alone((db) =>
			db.query<{ rolpassword: string | null }>(
				`select rolpassword from pg_authid where rolname = ${quoted(role)} and rolcanlogin`,
			),
		);
		const [known] = found.rows;
		// A role without a password is PGlite's own superuser.
		if (
			!known ||
			(known.rolpassword !== null &&
				!passwordMatches(password, known.rolpassword))
		) {
			return refuse(
				"28P01",
				`password authentication failed for user "${role}"`,
			);
		}
		if (database !== about.database) {
			return refuse("3D000", `database "${database}" does not exist`);
		}
		user = { role, settings: settingsOf(parameters) };
		socket.write(
			Buffer.concat([
				Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
				...Object.entries({
					server_version: about.version,
					client_encoding: "UTF8",
					standard_conforming_strings: "on",
					integer_datetimes: "on",
					DateStyle: "ISO, MDY",
					TimeZone: "UTC",
				}).map(([name, value]) => typed("S", `${name}\0${value}\0`)),
				Buffer.from([0x4b, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]),
				typed("Z", "I"),
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
		if (working) return;
		working = true;
		try {
			for (let message = next(); message && !gone; message = next()) {
				await handle(message);
			}
		} catch (error) {
			refuse("XX000", error instanceof Error ? error.message : String(error));
		} finally {
			working = false;
			if (gone && user) await session.leave(user).catch(() => {});
		}
	};

	socket.setNoDelay(true);
	socket.on("error", () => {});
	socket.on("data", (data) => {
		buffer = buffer.length > 0 ? Buffer.concat([buffer, data]) : data;
		void work();
	});
	socket.once("close", () => {
		gone = true;
		// While a message is under way, its end does this.
		if (!working && user) session.leave(user).catch(() => {});
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

/** What a connection wants to be set: `application_name`, `TimeZone` ..., and `-c name=value` in its options. */
function settingsOf({
	user: _user,
	database: _database,
	replication: _replication,
	client_encoding: _encoding,
	options = "",
	...settings
}: Record<string, string>): Record<string, string> {
	for (const [, name = "", value = ""] of options.matchAll(
		/(?:-c\s*|--)([\w.]+)=((?:\\.|\S)*)/g,
	)) {
		settings[name] = value.replace(/\\(.)/g, "$1");
	}
	return Object.fromEntries(
		Object.entries(settings).filter(([name]) => /^[\w.]+$/.test(name)),
	);
}

function typed(type: string, text: string): Buffer {
	const body = Buffer.from(text);
	const head = Buffer.alloc(5);
	head.write(type, 0);
	head.writeInt32BE(body.length + 4, 1);
	return Buffer.concat([head, body]);
}

function errorResponse(code: string, message: string): Buffer {
	return typed("E", `SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
}
