import type { WebPage, WebSearch } from "#core/ports/index.ts";

export interface FakeWebSearch extends WebSearch {
	/** Every query that left, oldest first. */
	readonly queries: string[];
	/** Whether a key is set. @default false */
	on: boolean;
	pages: WebPage[];
}

/** A web of the pages that a test gives it. */
export function fakeWebSearch(): FakeWebSearch {
	const web: FakeWebSearch = {
		queries: [],
		on: false,
		pages: [],
		async isEnabled() {
			return web.on;
		},
		async search(query) {
			web.queries.push(query);
			return structuredClone(web.pages);
		},
	};
	return web;
}
