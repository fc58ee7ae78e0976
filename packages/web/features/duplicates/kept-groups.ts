import { session } from "#web/features/account/browser-session.ts";

const key = "collections.kept-duplicates";

interface Kept {
	sub: string;
	groups: string[];
}

/** The groups of which this person keeps all, in this browser. */
export const keptGroups = {
	read(): string[] {
		const text = localStorage.getItem(key);
		const kept = text ? (JSON.parse(text) as Kept) : null;
		return kept && kept.sub === session.person?.sub ? kept.groups : [];
	},
	write(groups: string[]): void {
		const sub = session.person?.sub;
		if (sub) localStorage.setItem(key, JSON.stringify({ sub, groups } satisfies Kept));
	},
};
