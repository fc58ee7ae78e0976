import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";

/** Chooses free ports of the loopback interface once and remembers them: URLs and token issuers stay valid after a restart. */
export class PortRegistry {
	readonly #file: string;
	readonly #ports: Record<string, number>;

	constructor(stateDir: string) {
		this.#file = join(stateDir, "ports.json");
		try {
			this.#ports = JSON.parse(readFileSync(this.#file, "utf8"));
		} catch {
			this.#ports = {};
		}
	}

	/** Returns the port of `name`. @throws where another program listens on it */
	async take(name: string): Promise<number> {
		const before = this.#ports[name];
		const port = await untilFree(before ?? 0).catch((cause) => {
			throw new Error(
				`Port ${before}, which ${this.#file} reserves for ${name}, is used by another program: end that program, or delete the file to choose new ports.`,
				{ cause },
			);
		});
		this.#ports[name] = port;
		writeFileSync(this.#file, JSON.stringify(this.#ports));
		return port;
	}
}

/** Processes that a killed cdk-local started need a moment to notice and end. */
const maxWaitSeconds = 10;

async function untilFree(port: number): Promise<number> {
	const end = Date.now() + maxWaitSeconds * 1000;
	for (;;) {
		try {
			return await listenOnce(port);
		} catch (error) {
			if (Date.now() > end) throw error;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

function listenOnce(port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(port, "127.0.0.1", () => {
			const { port: taken } = server.address() as AddressInfo;
			server.close(() => resolve(taken));
		});
	});
}
