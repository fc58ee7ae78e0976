/** Limits a request of the api, in seconds: the gateway waits no longer. What an older request holds is free. */
export const maxRequestSeconds = 30;

export const maxRequestMs = maxRequestSeconds * 1_000;
