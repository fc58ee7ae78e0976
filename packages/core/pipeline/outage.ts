/** A model's circuit is open: nobody asks it for a while. */
export interface Outage {
	/** The call asked the model, in vain; false where it passed the model by. */
	wasAsked: boolean;
	/** The model is asked again after so many seconds. */
	seconds: number;
}

/** Work waits a quarter as long again as it has waited, so that a long outage costs little, and its end is soon noticed. */
const waitedPart = 0.25;
const minSeconds = 5;
const maxSeconds = 300;
/** Within this time no attempt counts. After it requests in vain do: an image on which a provider always fails comes to an end. */
const uncountedSeconds = 24 * 60 * 60;

/** Tells when work that an outage stopped comes again, and whether its attempt counts. */
export function putOffBy({ wasAsked, seconds }: Outage, waitedSeconds: number): { seconds: number; counts: boolean } {
	const wait = Math.max(minSeconds, seconds, waitedSeconds * waitedPart);
	return { seconds: Math.ceil(Math.min(maxSeconds, wait)), counts: wasAsked && waitedSeconds > uncountedSeconds };
}
