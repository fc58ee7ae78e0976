import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { toast } from "#web/ui/toasts.ts";
import { useChangeAlbums } from "./change-albums.ts";
import { stepInOrder } from "./step-in-order.ts";
import type { Album } from "./use-albums.ts";

interface AlbumActionsProps {
	album: Album;
	/** The selected items, in the album's order, and their places in it. */
	selected: readonly { id: string; index: number }[];
	onDone(): void;
	className?: string;
}

/** The actions for selected items of an album to which they were added: its order, its cover, and out of it. */
export function AlbumActions({ album, selected, onDone, className }: AlbumActionsProps) {
	const { t } = useLanguage();
	const { taking, moving, changing } = useChangeAlbums();
	const ids = selected.map(({ id }) => id);
	const move = (step: -1 | 1) => {
		const position = stepInOrder(selected, step);
		if (position !== null) moving.mutate({ album, ids, position });
	};
	return (
		<>
			<Button
				look="quiet"
				icon="left"
				className={className}
				isDisabled={moving.isPending || stepInOrder(selected, -1) === null}
				onPress={() => move(-1)}
			>
				{t("album.earlier")}
			</Button>
			<Button look="quiet" icon="right" className={className} isDisabled={moving.isPending} onPress={() => move(1)}>
				{t("album.later")}
			</Button>
			{selected.length === 1 && (
				<Button
					look="quiet"
					icon="picture"
					className={className}
					onPress={() =>
						changing.mutate(
							{ id: album.id, cover_item_id: ids[0] ?? null },
							{
								onSuccess: () => toast(t("album.coverChosen")),
								onError: (error) => toast(error.message, { tone: "danger" }),
								onSettled: onDone,
							},
						)
					}
				>
					{t("album.cover")}
				</Button>
			)}
			<Button
				look="quiet"
				icon="minus"
				className={className}
				onPress={() => taking.mutate({ album, ids }, { onSettled: onDone })}
			>
				{t("album.take")}
			</Button>
		</>
	);
}
