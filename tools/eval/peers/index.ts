// The libraries of the comparison. They are installed in this folder only, so nothing else can import them.
export { create, insertMultiple, search } from "@orama/orama";
export { default as MiniSearch } from "minisearch";
