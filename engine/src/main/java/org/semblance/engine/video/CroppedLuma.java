package org.semblance.engine.video;

import org.semblance.engine.pdq.Luma;

/** A picture without its borders. Holds scratch: for one thread at a time. */
public final class CroppedLuma implements Luma {
    private final Luma whole;
    private final Borders borders;
    private final float[] line;

    /** @param borders of that picture, which leave at least a pixel of it */
    public CroppedLuma(Luma whole, Borders borders) {
        this.whole = whole;
        this.borders = borders;
        this.line = new float[whole.width()];
    }

    @Override
    public int width() {
        return whole.width() - borders.left() - borders.right();
    }

    @Override
    public int height() {
        return whole.height() - borders.top() - borders.bottom();
    }

    @Override
    public void row(int y, float[] target, int offset) {
        whole.row(y + borders.top(), line, 0);
        System.arraycopy(line, borders.left(), target, offset, width());
    }
}
