import { createServer, connect as dial, type Socket } from "node:net";

export const cuts = [
	/** The connection breaks before the statement reaches the server. */
	"cut before",
	/** The server executes the statement, and its answer is lost. */
	"cut after",
	/** An administrator ends the session: SQLSTATE 57P01. */
	"terminated before",
] as const;
type Cut = (typeof cuts)[number];

/** A TCP proxy before PostgreSQL that breaks its connections at one exchange: a statement, `begin` or `commit`. */
export interface CuttingProxy {
	port: number;
	/** Counts exchanges from 0 from now on, and cuts at the `at`th. */
	arm(cut: Cut, at: number): void;
	/** Lets everything through from now on. @returns whether it cut */
	disarm(): boolean;
	/** Lets every connection break at its next statement, as after a failover: nobody hears of it before. */
	failOver(): void;
	close(): Promise<void>;
}

export async function cuttingProxy(
	server: { host: string; port: number },
	terminate: (pid: number) => Promise<unknown>,
): Promise<CuttingProxy> {
	let plan: { cut: Cut; at: number; seen: number; done: boolean } | null = null;
	const sockets = new Set<Socket>();
	let failures = 0;

	const proxy = createServer({ noDelay: true }, (client) => {
		const upstream = dial({ port: server.port, host: server.host, noDelay: true });
		const messages = messageReader();
		const failuresBefore = failures;
		let isStarted = false;
		let isOpen = false;
		let cutAtEnd = false;
		let pid = 0;
		const destroy = () => {
			client.destroy();
			upstream.destroy();
		};
		for (const socket of [client, upstream]) {
			sockets.add(socket);
			socket.on("error", destroy);
			socket.on("close", () => {
				sockets.delete(socket);
				destroy();
			});
		}

		/** Returns how to break the exchange that begins, or null. */
		const next = (): Cut | null => {
			if (!plan || plan.done || plan.seen++ !== plan.at) return null;
			plan.done = true;
			return plan.cut;
		};

		// Bytes that arrive while a session is being ended wait.
		let turn = Promise.resolve();
		client.on("data", (bytes) => {
			turn = turn.then(async () => {
				const isTermination = bytes[0] === "X".charCodeAt(0);
				if (failures > failuresBefore) return destroy();
				if (isStarted && !isOpen && !isTermination) {
					isOpen = true;
					const cut = next();
					if (cut === "cut before") return destroy();
					if (cut === "cut after") cutAtEnd = true;
					if (cut === "terminated before") await terminate(pid);
				}
				upstream.write(bytes);
			});
		});
		upstream.on("data", (bytes) => {
			for (const { type, body } of messages(bytes)) {
				if (type === "K") pid = body.readInt32BE(0);
				if (type !== "Z") continue;
				isStarted = true;
				isOpen = false;
			}
			if (cutAtEnd && !isOpen) return destroy();
			client.write(bytes);
		});
	});
	await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));
	return {
		port: (proxy.address() as { port: number }).port,
		arm(cut, at) {
			plan = { cut, at, seen: 0, done: false };
		},
		disarm() {
			const wasDone = plan?.done ?? false;
			plan = null;
			return wasDone;
		},
		failOver() {
			failures++;
		},
		async close() {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => proxy.close(resolve));
		},
	};
}

/** Splits the server's stream into messages: a letter, a length that counts itself, a body. */
function messageReader() {
	let rest: Buffer = Buffer.alloc(0);
	return function* (bytes: Buffer) {
		rest = Buffer.concat([rest, bytes]);
		while (rest.length >= 5) {
			const end = 1 + rest.readInt32BE(1);
			if (rest.length < end) return;
			yield {
				type: String.fromCharCode(rest[0] ?? 0),
				body: rest.subarray(5, end),
			};
			rest = rest.subarray(end);
		}
	};
}
