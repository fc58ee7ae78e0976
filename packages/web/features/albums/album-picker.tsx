import { useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { Failure, Loading } from "#web/ui/notice.tsx";
import { AlbumCover } from "./album-cover.tsx";
import { AlbumForm } from "./album-form.tsx";
import styles from "./album-picker.module.css";
import { useChangeAlbums } from "./change-albums.ts";
import { type Album, useAlbums } from "./use-albums.ts";

/** As many as are overlooked at a glance; more can be narrowed by their names. */
const maxGlance = 8;

interface AlbumPickerProps {
	/** The items to add. */
	ids: readonly string[];
	onAdded(): void;
	onClose(): void;
}

/** Adds items to one of the person's albums, or to a new one. */
export function AlbumPicker({ ids, onAdded, onClose }: AlbumPickerProps) {
	const { t } = useLanguage();
	const albums = useAlbums();
	const { adding } = useChangeAlbums();
	const [isMaking, setMaking] = useState(false);
	const [text, setText] = useState("");
	// A search fills the others.
	const plain = albums.data?.filter(({ smart }) => !smart) ?? [];
	const shown = plain.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));

	function add(album: Album) {
		adding.mutate({ album, ids }, { onSuccess: onAdded });
	}

	if (isMaking) return <AlbumForm onDone={add} onClose={onClose} />;
	return (
		<Dialog title={t("album.addTo", { count: ids.length })} isOpen onClose={onClose}>
			{albums.error && !albums.data ? (
				<Failure error={albums.error} onRetry={() => albums.refetch()} />
			) : !albums.data ? (
				<Loading />
			) : (
				<>
					{plain.length > maxGlance && (
						<Field label={t("album.filter")} value={text} onChange={setText} type="search" />
					)}
					{plain.length === 0 && <p>{t("albums.none")}</p>}
					<ul className={styles.list}>
						{shown.map((album) => (
							<li key={album.id}>
								<button type="button" className={styles.row} disabled={adding.isPending} onClick={() => add(album)}>
									<span className={styles.cover}>
										<AlbumCover album={album} />
									</span>
									<span className={styles.name}>{album.name}</span>
									<span className={styles.count}>{t("library.count", { count: album.item_count })}</span>
								</button>
							</li>
						))}
					</ul>
					<Button icon="plus" onPress={() => setMaking(true)} className={styles.make}>
						{t("album.new")}
					</Button>
				</>
			)}
		</Dialog>
	);
}
