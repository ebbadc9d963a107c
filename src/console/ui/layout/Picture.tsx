import { ExternalLink } from "./ExternalLink.tsx";
import "./Picture.css";

const carried = /^data:image\/(png|jpeg|gif|webp|avif);base64,[a-z0-9+/=]+$/i;

/**
 * Whether an image is part of the data. An external image would reveal to its host who views it and
 * when.
 */
export const isCarried = (source: string): boolean => carried.test(source);

/** An image that is part of the data; an external one becomes a link. */
export function Picture({ source, label }: { source: string; label: string }) {
  if (isCarried(source)) return <img className="picture" src={source} alt={label} />;
  return (
    <p className="picture-away">
      <span className="faint">External image, not loaded: </span>
      <ExternalLink to={source} />
    </p>
  );
}
