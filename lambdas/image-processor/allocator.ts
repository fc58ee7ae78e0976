/**
 * Makes glibc give freed memory back at once; it reads these variables as the process starts. By default it keeps
 * what a large image took in the arenas of its threads: an AVIF of 33 megapixels that takes 790 MB as the first
 * image took 1.3 GB after a dozen others, where Lambda kills at 1 GB.
 */
export const allocator = {
	MALLOC_ARENA_MAX: "2",
	MALLOC_MMAP_THRESHOLD_: "131072",
	MALLOC_TRIM_THRESHOLD_: "131072",
} as const;
