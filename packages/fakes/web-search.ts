import type { WebPage, WebSearch } from "#core/ports/index.ts";

export interface FakeWebSearch extends WebSearch {
	/** Every query, oldest first. */
	readonly queries: string[];
	/** True if a key is set. @default false */
	isKeySet: boolean;
	pages: WebPage[];
}

/** Returns the pages that a test sets. */
export function fakeWebSearch(): FakeWebSearch {
	const web: FakeWebSearch = {
		queries: [],
		isKeySet: false,
		pages: [],
		async isEnabled() {
			return web.isKeySet;
		},
		async search(query) {
			web.queries.push(query);
			return structuredClone(web.pages);
		},
	};
	return web;
}
