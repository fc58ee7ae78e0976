import { useSyncExternalStore } from "react";
import type { Tokens } from "./cognito.ts";
import { Session, type TokenStore } from "./session.ts";

const key = "collections.tokens";

const store: TokenStore = {
	read() {
		const text = localStorage.getItem(key);
		return text ? (JSON.parse(text) as Tokens) : null;
	},
	write(tokens) {
		if (tokens) localStorage.setItem(key, JSON.stringify(tokens));
		else localStorage.removeItem(key);
	},
};

const leaveKey = "collections.leave";

/** Remembers the address that ends the sign-in at the hosted pages, so that the next person here does not continue it. */
export const leaveBy = (address: string): void => localStorage.setItem(leaveKey, address);

/** The session of this browser, shared by its tabs. */
export const session = new Session({
	store,
	leave() {
		const address = localStorage.getItem(leaveKey);
		localStorage.removeItem(leaveKey);
		if (address) location.assign(address);
	},
	// Web Locks exist in secure contexts alone, which localhost is.
	alone: (work) => (navigator.locks ? navigator.locks.request(key, work) : work()),
});

window.addEventListener("storage", (event) => {
	if (event.key === key || event.key === null) session.changed();
});

/** The signed-in person; null where nobody is. */
export const usePerson = () => useSyncExternalStore(session.subscribe, () => session.person);
