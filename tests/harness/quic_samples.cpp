// SPDX-License-Identifier: Apache-2.0
#include "harness/quic_samples.h"

#include <algorithm>
#include <stdexcept>

namespace interdict::harness {

const std::array<QuicSample, 2>& quic_samples()
{
    static const std::array<QuicSample, 2> samples{{
        {"RFC 9001 appendix A", kQuicV1,
         hex("7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44"),
         hex("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea"),
         hex("1f369613dd76d5467730efcbe3b1a22d"), hex("fa044b2f42a3fd3b46fb255c"),
         hex("9f50449e04a0e810283a1e9933adedd2"), hex("c300000001088394c8f03e5157080000449e00000002"),
         hex("d1b1c98dd7689fb8ec11d242b123dc9b"), hex("437b9aec36"),
         hex("c000000001088394c8f03e5157080000449e7b9aec34"), hex("e221af44860018ab0856972e194cd934")},
        {"RFC 9369 appendix A", kQuicV2,
         hex("2062e8b3cd8d52092614b8071d0aa1fb7c2e3ac193f78b280e72d8f5751f6aba"),
         hex("14ec9d6eb9fd7af83bf5a668bc17a7e283766aade7ecd0891f70f9ff7f4bf47b"),
         hex("8b1a0bc121284290a29e0971b5cd045d"), hex("91f73e2351d8fa91660e909f"),
         hex("45b95e15235d6f45a6b19cbcb0294ba9"), hex("d36b3343cf088394c8f03e5157080000449e00000002"),
         hex("ffe67b6abcdb4298b485dd04de806071"), hex("94a0c95e80"),
         hex("d76b3343cf088394c8f03e5157080000449ea0c95e82"), hex("a18b2faa745b6fe189cf772a9f84cbfc")},
    }};
    return samples;
}

Bytes quic_sample_cid() { return hex("8394c8f03e515708"); }

Bytes quic_sample_frame()
{
    return hex("060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
               "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
               "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
               "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
               "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
               "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
               "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
               "75300901100f088394c8f03e51570806048000ffff");
}

Bytes quic_sample_payload()
{
    Bytes out = quic_sample_frame();
    out.resize(1162, 0);
    return out;
}

Bytes quic_sample_packet(const QuicSample& sample)
{
    const Bytes packet = protect({.frames = quic_sample_payload(),
                                  .version = sample.version,
                                  .dcid = quic_sample_cid(),
                                  .number = 2,
                                  .number_length = 4});
    const bool same =
        packet.size() == 1200 &&
        std::equal(sample.protected_header.begin(), sample.protected_header.end(), packet.begin()) &&
        std::equal(sample.sample.begin(), sample.sample.end(),
                   packet.begin() + static_cast<std::ptrdiff_t>(sample.protected_header.size())) &&
        std::equal(sample.tag.begin(), sample.tag.end(), packet.end() - 16);
    if (!same)
        throw std::runtime_error(std::string("not the packet of ") + sample.source);
    return packet;
}

} // namespace interdict::harness
