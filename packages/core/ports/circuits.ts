/** The state of a circuit, as all sandboxes together know it. Times are in milliseconds since 1970. */
export interface CircuitState {
	/** Requests of the window that lasts, and those of them that failed; 0 where none lasts. */
	requests: number;
	failures: number;
	/** The circuit is open until then, and half open after it; null where it is closed. */
	openUntil: number | null;
}

/** The circuits that all sandboxes share, by name: one for each model of a provider. Nothing of a person is in them. */
export interface Circuits {
	read(name: string): Promise<CircuitState>;
	/** Adds to the window that lasts, or begins one. */
	count(name: string, counted: { requests: number; failures: number }, windowMs: number): Promise<CircuitState>;
	/** Opens a circuit that is not open, with no window. @returns false where another has opened it */
	open(name: string, until: number): Promise<boolean>;
	/** Takes the only place to try a half-open circuit, which is free again at `ends`. @returns false where another has it */
	claimProbe(name: string, ends: number): Promise<boolean>;
	/** Frees the place where it is still the caller's. */
	releaseProbe(name: string, ends: number): Promise<void>;
	/** Closes the circuit where the place is still the caller's. */
	close(name: string, ends: number): Promise<void>;
}

/** Begins the partition keys of the circuits in the table of checkpoints: stages may use these items alone. */
export const circuitPrefix = "circuit#";
