import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";

/** Free ports of loopback that stay the same at every start: addresses in URLs and tokens stay valid. */
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

	/** @throws where someone else listens on the port that `name` had before */
	async take(name: string): Promise<number> {
		const before = this.#ports[name];
		const port = await untilFree(before ?? 0).catch((cause) => {
			throw new Error(
				`Port ${before}, which ${name} has in ${this.#file}, is used by another program: end that program, or forget the ports by deleting this file.`,
				{ cause },
			);
		});
		this.#ports[name] = port;
		writeFileSync(this.#file, JSON.stringify(this.#ports));
		return port;
	}
}

/** What a killed cloud has started needs a moment to notice and end. */
const patienceSeconds = 10;

async function untilFree(port: number): Promise<number> {
	const end = Date.now() + patienceSeconds * 1000;
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
