/** The kinds of pictures, by layout and words; `photo` has no text, and `unknown` is anything else. */
export const pictureKinds = [
	"receipt",
	"invoice",
	"ticket",
	"boarding_pass",
	"chat",
	"code",
	"error",
	"recipe",
	"event",
	"parcel",
	"contact",
	"form",
	"map",
	"photo",
	"unknown",
] as const;

export type PictureKind = (typeof pictureKinds)[number];
