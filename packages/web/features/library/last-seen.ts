import { session } from "#web/features/account/browser-session.ts";
import type { GridItem } from "./grid-item.ts";

const key = "collections.library";

interface Seen {
	sub: string;
	page: { items: GridItem[]; total: number };
}

/** The first page of the library as this person saw it last in this browser. */
export const lastSeen = {
	read(): Seen["page"] | undefined {
		const text = localStorage.getItem(key);
		const seen = text ? (JSON.parse(text) as Seen) : null;
		return seen && seen.sub === session.person?.sub ? seen.page : undefined;
	},
	write(page: Seen["page"]): void {
		const sub = session.person?.sub;
		if (sub) localStorage.setItem(key, JSON.stringify({ sub, page } satisfies Seen));
	},
	forget: (): void => localStorage.removeItem(key),
};
