/** The requests of one person. A loop waits for its answer, and a second after a refusal; a flood waits for nothing. */
interface Attack {
	/** Uploads that are announced and never sent. */
	announcements?: number;
	/** Black and white pictures of 310 KB, each pixel at random. */
	noisePictures?: number;
	chatLoops?: number;
	listsPerSecond?: number;
	searchesPerSecond?: number;
	/** Uses of one form, which stays valid for 15 minutes. */
	formUsesPerSecond?: number;
}

/** Each by the name that `ATTACK` takes. */
export const attacks = {
	full: { announcements: 680, noisePictures: 20, chatLoops: 60, listsPerSecond: 150 },
	announcements: { announcements: 680 },
	noise: { noisePictures: 20 },
	lists: { listsPerSecond: 150 },
	chat: { chatLoops: 150 },
	search: { searchesPerSecond: 150 },
	form: { formUsesPerSecond: 80 },
} as const satisfies Record<string, Attack>;

export type AttackName = keyof typeof attacks;

export const attackOf = (name: AttackName): Attack => attacks[name];

/** The number of answers to an attack, by a word for the request and for the answer. */
export type Answers = Record<string, number>;
