import { z } from "zod";

/** True of text that Postgres can hold: it has no NUL, and no half of a surrogate pair. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

/** Text that Postgres can hold. */
export const text = (max: number) =>
	z
		.string()
		.max(max, { error: `Must have at most ${max} characters` })
		.refine(isStorable, { error: "Holds a NUL byte or half a character" });

/** The id of something of a person's, in the form in which it is stored. */
const idOfNoun = (noun: string) => z.uuid({ error: `Must be the id of an ${noun}` }).toLowerCase();

export const itemId = idOfNoun("item");
export const albumId = idOfNoun("album");
