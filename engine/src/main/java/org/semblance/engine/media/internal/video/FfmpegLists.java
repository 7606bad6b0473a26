package org.semblance.engine.media.internal.video;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What of FFmpeg may see an upload: demuxers that read nothing but the bytes they are given, and decoders that run in
 * software. Left out are playlists and scripts, which name other files or hosts ({@code hls}, {@code dash}, {@code concat},
 * {@code imf}, {@code sdp}), streams without a magic number (raw samples), text that is drawn as a picture, and wrappers
 * of devices and of other libraries where FFmpeg has a decoder of its own.
 */
final class FfmpegLists {
    /** With all aliases of each, as FFmpeg's white list wants them. */
    private static final List<String> DEMUXERS = words("""
            mov,mp4,m4a,3gp,3g2,mj2 matroska,webm avi flv gif apng mpegts mpeg mpegvideo asf ogg mxf dv rm h264
            hevc vvc m4v vc1 cavsvideo obu dirac h261 h263 ivf yuv4mpegpipe nut gxf wtv ty lxf ser mlv nsv
            film_cpk usm bink smk smush 4xm anm ea wc3movie thp tmv dxa hnm pmp bethsoftvid rpl vividas ipmovie
            roq smjpeg gdv flic xmv kvag r3d iff cine dhav pva vivo siff mm vmd dsicin c93 bfi idcin nuv mtv yop
            mvi jv paf rl2 sol cdxl mgsts avs avr lvf ifv mjpeg mods moflex mv ivr dnxhd ipu msnwctcp redspark
            argo_brp derf swf
            """);

    private static final Set<String> DECODERS = Set.copyOf(words("""
            aasc aic agm amv anm apng apv arbc argo asv1 asv2 aura aura2 avrp avrn avs avui bethsoftvid bfi
            binkvideo bmp bmv_video c93 cavs cdtoons cdxl cfhd cinepak clearvideo cljr cllc cpia cri camstudio
            cyuv dds dfa dirac dnxhd dpx dsicinvideo dvvideo dxa dxtory dxv eacmv eamad eatgq eatgv eatqi 8bps
            escape124 escape130 exr ffv1 ffvhuff fic fits flashsv flashsv2 flic flv fmvc 4xm fraps frwu g2m gdv
            gem gif h261 h263 h263i h263p h264 hap hevc hnm4video hq_hqa hqx huffyuv hymt idcinvideo iff imm4
            imm5 indeo2 indeo3 indeo4 indeo5 interplayvideo ipu jpeg2000 jpegls jv kgv1 kmvc lagarith loco lscr
            m101 magicyuv mdec media100 mimic mjpeg mjpegb mmvideo mobiclip motionpixels mpeg1video mpeg2video
            mpeg4 mpegvideo msa1 mscc msmpeg4v1 msmpeg4v2 msmpeg4 msp2 msrle mss1 mss2 msvideo1 mszh mts2 mv30
            mvc1 mvc2 mvdv mvha mwsc mxpeg notchlc nuv paf_video pam pbm pcx pdv pfm pgm pgmyuv pgx phm pictor
            pixlet png ppm prores prores_raw prosumer psd ptx qdraw qoi qpeg qtrle r10k r210 rasc rawvideo rl2
            roqvideo rpza rscc rtv1 rv10 rv20 rv30 rv40 rv60 sanm scpr screenpresso sga sgi sgirle sheervideo
            simbiosis_imx smackvid smc smvjpeg snow sp5x speedhq srgc sunrast svq1 svq3 targa targa_y216 tdsc
            theora thp tiertexseqvideo tiff tmv truemotion1 truemotion2 truemotion2rt camtasia tscc2 txd
            ultimotion utvideo v210 v210x v308 v408 v410 vb vbn vble vc1 vc1image vcr1 vmdvideo vmnc vp3 vp4 vp5
            vp6 vp6a vp6f vp7 vp8 vp9 vqavideo vqc vvc webp wcmv wmv1 wmv2 wmv3 wmv3image wnv1 xan_wc3 xan_wc4
            xbm xl xpm y41p ylc yop yuv4 012v zerocodec zlib zmbv hdr libaom-av1
            """));

    /** {@link #DEMUXERS} for FFmpeg's option {@code format_whitelist}. */
    static final String DEMUXER_NAMES = String.join(",", DEMUXERS);

    /** {@link #DECODERS} for FFmpeg's option {@code codec_whitelist}. */
    static final String DECODER_NAMES = String.join(",", DECODERS);

    private static final Set<String> SINGLE_DEMUXERS =
            DEMUXERS.stream().flatMap(names -> Arrays.stream(names.split(","))).collect(Collectors.toSet());

    private FfmpegLists() {}

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+"));
    }

    /** Whether a demuxer, by FFmpeg's name or list of names, may be used. */
    static boolean mayDemux(String names) {
        return SINGLE_DEMUXERS.contains(names.split(",", 2)[0]);
    }

    static boolean mayDecode(String decoder) {
        return DECODERS.contains(decoder);
    }
}
