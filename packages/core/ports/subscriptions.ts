import type { Tier } from "../limits/tiers.ts";

/** A subscription as an event told it. */
export interface ToldSubscription {
	id: string;
	customerId: string;
	/** `free` while nothing is paid. */
	tier: Tier;
	hasEnded: boolean;
}

/** The subscriptions that people pay for, as events tell, which come in any order and more than once. An older one changes nothing. */
export interface Subscriptions {
	/** Keeps who a customer is. @param toldAt the event's own time */
	link(customerId: string, userId: string, toldAt: Date): Promise<void>;
	/** Keeps what a customer pays for. Of two events of the same time the later call counts, but what has ended stays so. */
	record(subscription: ToldSubscription, toldAt: Date): Promise<void>;
	/** Returns the person that a customer is, with the highest tier of all that they pay for; null while nobody is known. */
	payer(customerId: string): Promise<{ userId: string; tier: Tier } | null>;
}
