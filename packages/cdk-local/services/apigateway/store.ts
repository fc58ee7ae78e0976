import type { PortRegistry } from "../../ports.ts";
import { RestGateway } from "./gateway.ts";

interface RestApisOptions {
	ports: PortRegistry;
	account: string;
	region: string;
	log(line: string): void;
}

/** The REST APIs of the templates, each with a port of its own. */
export class RestApis {
	readonly #options: RestApisOptions;
	readonly #byId = new Map<string, RestGateway>();

	constructor(options: RestApisOptions) {
		this.#options = options;
	}

	async create(id: string): Promise<void> {
		const { ports, ...options } = this.#options;
		const gateway = new RestGateway({ ...options, apiId: id, port: await ports.take(`rest-api-${id}`) });
		await gateway.listen();
		this.#byId.set(id, gateway);
	}

	/** @throws where there is none */
	get(id: string): RestGateway {
		const found = this.#byId.get(id);
		if (!found) throw new Error(`there is no REST API ${id}`);
		return found;
	}

	/** Replaces in outputs the addresses that templates build of an API's id. */
	localize<T>(outputs: Record<string, T>): Record<string, T | string> {
		const address = /^https:\/\/([^.]+)\.execute-api\.[^/]+/;
		return Object.fromEntries(
			Object.entries(outputs).map(([name, value]) => {
				const [host = "", id = ""] = (typeof value === "string" && address.exec(value)) || [];
				const gateway = this.#byId.get(id);
				return [name, gateway ? String(value).replace(host, gateway.url) : value];
			}),
		);
	}

	async close(): Promise<void> {
		await Promise.all([...this.#byId.values()].map((gateway) => gateway.close()));
	}
}
