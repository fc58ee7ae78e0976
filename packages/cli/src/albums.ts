import type { CollectionsClient } from "../../client/index.ts";

/** The API lists at most as many at once. */
const perPage = 50;

/** The person's albums by name; one that there is none of is made when it is asked for. */
export class Albums {
	readonly #client: CollectionsClient;
	#ids: Promise<Map<string, string>> | undefined;

	constructor(client: CollectionsClient) {
		this.#client = client;
	}

	/** @throws ApiProblem where the name is refused, or the person has as many albums as they may */
	async idOf(name: string, description: string | null = null): Promise<string> {
		this.#ids ??= this.#list();
		const ids = await this.#ids;
		const known = ids.get(name);
		if (known) return known;
		const { id } = await this.#client.call<{ id: string }>("POST", "/albums", { name, description });
		ids.set(name, id);
		return id;
	}

	async #list(): Promise<Map<string, string>> {
		const ids = new Map<string, string>();
		for (let offset = 0; ; offset += perPage) {
			const { albums } = await this.#client.call<{ albums: { id: string; name: string }[] }>(
				"GET",
				`/albums?limit=${perPage}&offset=${offset}`,
			);
			for (const { id, name } of albums) if (!ids.has(name)) ids.set(name, id);
			if (albums.length < perPage) return ids;
		}
	}
}
