<?php
/**
 * Plugin Name: Moderato instead of Akismet's servers
 * Description: Sends what the Akismet plugin asks to your own Moderato. Put this file into wp-content/mu-plugins/.
 * License: Apache-2.0
 *
 * In wp-config.php:  define( 'MODERATO_URL', 'https://comments.example.org' );
 * and the key from "Connect a site" as the Akismet API key (or define( 'WPCOM_API_KEY', '0123456789ab' )).
 */

defined( 'ABSPATH' ) || exit;

/**
 * The Akismet plugin has its host in a constant, so the request is taken over before it is sent.
 *
 * The key moves from the host (KEY.rest.akismet.com, plugins before 5) into the query; all else stays as it was.
 */
function moderato_instead_of_akismet( $answer, $arguments, $url ) {
	if ( ! defined( 'MODERATO_URL' ) || ! preg_match( '#^https?://(?:([0-9a-f]{12})\.)?rest\.akismet\.com/(.*)$#', $url, $parts ) ) {
		return $answer;
	}
	$target = rtrim( MODERATO_URL, '/' ) . '/' . $parts[2];
	if ( '' !== $parts[1] ) {
		$target = add_query_arg( 'api_key', $parts[1], $target );
	}
	if ( isset( $arguments['headers']['Host'] ) ) {
		unset( $arguments['headers']['Host'] );
	}
	return wp_remote_request( $target, $arguments );
}
add_filter( 'pre_http_request', 'moderato_instead_of_akismet', 10, 3 );
