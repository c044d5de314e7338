import Basics
import Foundation
import TestTools
import Testing
import Web

/// Who gets in, and what those get that do not.
@Suite struct AccessTests {
    @Test func theTokenBecomesACookie() async throws {
        try await Site.serve { (site: Site) throws in
            let answer = try site.get("/?token=\(site.token.text)", ["Host: \(site.host)"])
            #expect(RawClient.status(answer) == 303)
            #expect(answer.contains("Location: /\r\n"))
            #expect(
                answer.contains(
                    "Set-Cookie: restyled-\(site.port)=\(site.token.text); HttpOnly; SameSite=Strict; Path=/"))
            let page = try site.get("/", site.good)
            #expect(RawClient.status(page) == 200 && page.contains("<title>restyled</title>"))
        }
    }

    @Test func everyAnswerIsStrict() async throws {
        try await Site.serve { (site: Site) throws in
            for path in ["/", "/page.js", "/page.css", "/snapshot.png", "/nothing", "/?token=wrong"] {
                let answer = try site.get(path, site.good)
                #expect(answer.contains("Content-Security-Policy: default-src 'none'; script-src 'self'; "), "\(path)")
                #expect(answer.contains("frame-ancestors 'none'") && !answer.contains("unsafe-"), "\(path)")
                for header in ["X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer"] {
                    #expect(answer.contains(header), "\(path)")
                }
                #expect(!answer.lowercased().contains("access-control-"), "\(path)")
            }
        }
    }

    @Test func theFilesAreSmall() async throws {
        try await Site.serve { (site: Site) throws in
            let sizes = try ["/", "/page.js", "/page.css"].map { try site.get($0, site.good).utf8.count }
            #expect(sizes.reduce(0, +) < 60 << 10, "\(sizes)")
            let etag = try #require(
                try site.get("/page.js", site.good).firstMatch(of: /ETag: (\S+)/)?.1)
            #expect(try site.status("/page.js", site.good + ["If-None-Match: \(etag)"]) == 304)
        }
    }

    @Test(arguments: [
        ("Host: evil.example", 403), ("Host: 127.0.0.1", 403), ("Host: 127.0.0.1:1", 403),
        ("Host: 127.0.0.1.evil.example:PORT", 403), ("Host: evil.example:PORT", 403), ("X-No: host", 400),
        ("Host: 127.0.0.1:PORT\r\nHost: 127.0.0.1:PORT", 400), ("Host: localhost:PORT", 200),
        ("Host: LOCALHOST:PORT", 200), ("Host: [::1]:PORT", 200), ("Host: game.example", 200),
    ])
    func hosts(header: String, status: Int) async throws {
        try await Site.serve(otherNames: ["game.example"]) { (site: Site) throws in
            let host = header.replacing("PORT", with: "\(site.port)")
            #expect(try site.status("/", [host, site.cookie]) == status)
            // The WebSocket has the same door: a request that may pass is asked for its upgrade.
            #expect(try site.status("/socket", [host, site.cookie]) == (status == 200 ? 426 : status))
        }
    }

    @Test(arguments: [
        ("http://evil.example", 403), ("null", 403), ("https://127.0.0.1:PORT", 403), ("http://127.0.0.1:1", 403),
        ("http://localhost:PORT", 403), ("http://127.0.0.1:PORT", 101),
    ])
    func origins(origin: String, status: Int) async throws {
        try await Site.serve { (site: Site) throws in
            let origin = "Origin: " + origin.replacing("PORT", with: "\(site.port)")
            let client = try RawClient(site.port)
            client.send(
                "GET /socket HTTP/1.1\r\n"
                    + (site.good + Site.upgrade + [origin, "", ""]).joined(separator: "\r\n"))
            #expect(RawClient.status(client.head()) == status)
        }
    }

    @Test func aProgramWithoutOriginNeedsTheToken() async throws {
        try await Site.serve { (site: Site) throws in
            let host = "Host: \(site.host)"
            let wrong = String(site.token.text.reversed())
            for headers in [[], ["Cookie: restyled-\(site.port)=\(wrong)"], ["Cookie: restyled=\(site.token.text)"]] {
                #expect(try site.status("/", [host] + headers) == 401)
                #expect(try site.status("/socket", [host] + Site.upgrade + headers) == 401)
                #expect(try site.status("/snapshot.png", [host] + headers) == 401)
                #expect(try site.status("/stream.mjpeg", [host] + headers) == 401)
            }
            #expect(try site.status("/?token=\(wrong)", [host]) == 401)
            #expect(try site.status("/", [host, "Authorization: Bearer \(wrong)"]) == 401)
            #expect(try site.status("/", [host, "Authorization: Bearer \(site.token.text)"]) == 200)
            let basic = Data("restyled:\(site.token.text)".utf8).base64EncodedString()
            #expect(try site.status("/", [host, "Authorization: Basic \(basic)"]) == 200)
        }
    }

    @Test func onlyGetIsTaken() async throws {
        try await Site.serve { (site: Site) throws in
            for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                #expect(try site.status("/", site.good + ["Content-Length: 0"], method: method) == 405)
            }
            #expect(try site.status("/", site.good, method: "HEAD") == 200)
        }
    }

    @Test func theTokenIsKept() throws {
        let path = "/tmp/restyled-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let token = try WebToken(keptIn: path)
        #expect(try WebToken(keptIn: path) == token && token.text.utf8.count == 32)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(WebToken() != token)
    }
}
