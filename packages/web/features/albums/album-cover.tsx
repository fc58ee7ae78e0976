import { Icon } from "#web/ui/icon.tsx";
import styles from "./album-cover.module.css";
import type { Album } from "./use-albums.ts";

/** The picture of an album, else a sheet with its sign. */
export function AlbumCover({ album }: { album: Pick<Album, "cover_thumbnail_url" | "smart"> }) {
	const { cover_thumbnail_url: cover, smart } = album;
	return (
		<span className={styles.cover}>
			{cover ? (
				<img src={cover} alt="" loading="lazy" decoding="async" draggable={false} />
			) : (
				<Icon name={smart ? "spark" : "album"} size={28} />
			)}
		</span>
	);
}
